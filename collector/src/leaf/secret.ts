/** A secret value that never shows itself: every way of printing it gives `***`. */

const shown = '***';

/**
 * Holder of a password, token or key. `reveal()` is the only way to the text; string conversion, JSON and the
 * debugger's inspection print `***`, so a secret in a log line, snapshot or crash dump stays secret.
 */
export interface Secret {
  /** The text itself; call it where it is used and keep no copy. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Wraps a secret text. */
export function createSecret(text: string): Secret {
  const secret = {
    reveal: (): string => text,
    toString: (): string => shown,
    toJSON: (): string => shown,
    [Symbol.for('nodejs.util.inspect.custom')]: (): string => shown,
  };
  return Object.freeze(secret);
}
