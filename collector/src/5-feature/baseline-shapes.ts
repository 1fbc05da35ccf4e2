/** Shapes of baselines as they come from outside (`baseline.learned`). What does not fit is not taken over. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const count = Type.Number({ minimum: 0 });
const instant = Type.Number();
const days = (counts: number) =>
  Type.Array(Type.Array(count, { minItems: counts + 1, maxItems: counts + 1 }), { maxItems: 400 });
const table = (value: Type.TSchema) => Type.Record(Type.String({ maxLength: 512 }), value);
const instants = table(instant);
/** Spells of sightings (`sightings.ts`), or in archives of older versions the last time alone. */
const sightings = table(Type.Union([instant, Type.Array(instant, { maxItems: 8 })]));
const users = Type.Array(Type.Tuple([Type.String({ maxLength: 512 }), instant, instant]), { maxItems: 4 });
const value = Type.Union([
  Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 256 }),
  Type.String({ maxLength: 4096 }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
]);

const stood = Type.Tuple([value, instant, instant]);
const serial = Type.String({ maxLength: 512 });

/** Checks by kind of baseline; true: the row has the shape. */
export const baselineShapes = {
  spike: Compile(Type.Object({ since: instant, days: days(2), window: Type.Array(Type.Unknown()) })),
  churn: Compile(Type.Object({ value: count, atMs: instant, days: days(1), n: count })),
  countsPerDay: Compile(
    Type.Object({
      entries: Type.Array(Type.Unknown()),
      days: days(1),
      since: instant,
      evicted: count,
      told: Type.Optional(table(Type.Unknown())),
    }),
  ),
  habits: Compile(
    Type.Object({
      country: sightings,
      asn: sightings,
      agent: sightings,
      method: sightings,
      logins: count,
      since: instant,
      early: Type.Optional(Type.Array(instant, { maxItems: 16 })),
      first: Type.Optional(instants),
      last: Type.Optional(Type.Array(Type.Number(), { minItems: 4, maxItems: 4 })),
      evicted: count,
    }),
  ),
  networks: Compile(
    Type.Object({ asns: table(Type.Union([instant, users])), sessions: count, evicted: count }),
  ),
  usual: Compile(
    Type.Object({ of: table(Type.Union([stood, Type.Array(stood, { maxItems: 3 })])), evicted: count }),
  ),
  keys: Compile(
    Type.Object({
      keys: table(
        Type.Union([Type.Tuple([instant, serial]), Type.Tuple([instant, serial, instant, serial])]),
      ),
      orders: Type.Array(Type.Unknown()),
      evicted: count,
    }),
  ),
  volume: Compile(
    Type.Object({ day: count, counts: Type.Array(Type.Number(), { minItems: 288, maxItems: 288 }) }),
  ),
  drift: Compile(
    Type.Object({
      day: count,
      hours: Type.Record(
        Type.String({ pattern: '^(1?[0-9]|2[0-3])$' }),
        Type.Record(Type.String({ maxLength: 32 }), Type.Number({ exclusiveMinimum: 0 }), {
          maxProperties: 256,
        }),
      ),
    }),
  ),
} as const;
