import { Button, type ButtonProps } from '@grafana/ui';
import { useId } from 'react';
import { unseen } from './tone.ts';

/** A button that, when it may not be pressed, says why: to the mouse, to the keyboard, and to a screen reader. */
export function GuardedButton({
  refusal,
  ...rest
}: ButtonProps & {
  /** Why not; undefined: it may be pressed. */
  readonly refusal: string | undefined;
}) {
  const id = useId();
  if (refusal === undefined) return <Button {...rest} />;
  return (
    <>
      <Button {...rest} disabled tooltip={refusal} aria-describedby={id} />
      <span id={id} style={unseen}>
        {refusal}
      </span>
    </>
  );
}
