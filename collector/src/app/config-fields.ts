/** Kinds of value the configuration is made of. A field with `default` may be left out; the default stands here in the schema and nowhere else. */
import Type from 'typebox';
import type { Secret } from '../leaf/secret.ts';

/** Unknown keys are errors everywhere in the configuration. */
export const strict = { additionalProperties: false };

/** Non-empty text. */
export const text = Type.String({ minLength: 1, maxLength: 4096 });

/** Identifier of a source or sink: names a cursor, a metric label and an intake path. */
export const identifier = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description: 'an identifier of lower-case letters, digits, "-", "_" and "." (63 at most)',
});

/** URL of an endpoint; user names and passwords in it are refused by a cross-check. */
export function url(...schemes: readonly string[]) {
  return Type.String({
    pattern: `^(${schemes.join('|')})://[^\\s/]+(/\\S*)?$`,
    description: `a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });
}

/** Whole number from `minimum` to `maximum` with a default. */
export function integer(minimum: number, maximum: number, standard: number) {
  return Type.Integer({ minimum, maximum, default: standard });
}

/** Marks schema nodes whose value is a reference to a secret. */
export const secretKeyword = 'x-secret';

/**
 * A secret: `{file: PATH}` (a trailing line end is cut) or `{env: NAME}`. After loading, the value is a Secret that
 * prints as `***`. Literal secrets are refused, so that the file can be shown, committed and diffed.
 */
export const secret = Type.Unsafe<Secret>(
  Type.Object(
    { file: Type.Optional(text), env: Type.Optional(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })) },
    { ...strict, [secretKeyword]: true },
  ),
);

/** HTTP header name to value; credentials only as references. */
export const headers = Type.Record(
  Type.String(),
  Type.Union([Type.String({ maxLength: 4096, pattern: '^[\\t\\x20-\\x7e]*$' }), secret]),
  { default: {} },
);

/** TLS of one connection: own certificate authority, and certificate with key for mutual TLS. Paths of PEM files. */
export const tls = Type.Optional(
  Type.Object({ ca: Type.Optional(text), cert: Type.Optional(text), key: Type.Optional(secret) }, strict),
);
