/** Lines for operators on standard error: time, level, message, then fields as `name=JSON`. */
import type { Surroundings } from '../contract/component.ts';
import { printable } from '../leaf/printable.ts';
import type { CommandIo } from './command-io.ts';

/** A log over a stream. One call is one line: what an endpoint or a record said must not begin one of its own. */
export function operatorLog(
  { stderr }: Pick<CommandIo, 'stderr'>,
  nowMs: () => number = () => Date.now(),
): Surroundings['log'] {
  return (level, message, fields) => {
    const more = Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    const at = new Date(nowMs()).toISOString();
    stderr.write(`${at} ${level} ${printable(`${message}${more.join('')}`)}\n`);
  };
}
