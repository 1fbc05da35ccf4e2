/** One choice out of what there is. */
import { Combobox } from '@grafana/ui';
import { useMemo } from 'react';
import { count } from '../model/words.ts';

interface PickProps {
  readonly label: string;
  /** Name of "no choice"; absent: something is always chosen. */
  readonly all?: string;
  readonly value: string;
  /** Values, and how many things have each where that is known. */
  readonly options: readonly (readonly [string, number?])[];
  readonly name?: (value: string) => string;
  readonly width?: number;
  readonly onPick: (value: string) => void;
}

/** A filter. */
export function Pick({ label, all, value, options, name = String, width = 20, onPick }: PickProps) {
  const list = useMemo(
    () => [
      ...(all === undefined ? [] : [{ value: '', label: all }]),
      ...options.map(([option, number]) => ({
        value: option,
        label: name(option),
        ...(number === undefined ? {} : { description: count(number) }),
      })),
    ],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- names follow the options
    [options, all],
  );
  return (
    <Combobox
      aria-label={label}
      width={width}
      options={list}
      value={value}
      onChange={(chosen) => onPick(chosen.value)}
    />
  );
}
