/** Shapes of baselines as they come from outside (`baseline.learned`). What does not fit is not taken over. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const count = Type.Number({ minimum: 0 });
const instant = Type.Number();
const days = (counts: number) =>
  Type.Array(Type.Array(count, { minItems: counts + 1, maxItems: counts + 1 }), { maxItems: 400 });
const table = (value: Type.TSchema) => Type.Record(Type.String({ maxLength: 512 }), value);
const instants = table(instant);
const value = Type.Union([
  Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 256 }),
  Type.String({ maxLength: 4096 }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
]);

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
      country: instants,
      asn: instants,
      agent: instants,
      method: instants,
      logins: count,
      since: instant,
      first: Type.Optional(instants),
      last: Type.Optional(Type.Array(Type.Number(), { minItems: 4, maxItems: 4 })),
      evicted: count,
    }),
  ),
  networks: Compile(Type.Object({ asns: instants, sessions: count, evicted: count })),
  usual: Compile(Type.Object({ of: table(Type.Tuple([value, instant, instant])), evicted: count })),
  keys: Compile(
    Type.Object({
      keys: table(Type.Tuple([instant, Type.String({ maxLength: 512 })])),
      orders: Type.Array(Type.Unknown()),
      evicted: count,
    }),
  ),
  volume: Compile(
    Type.Object({ day: count, counts: Type.Array(Type.Number(), { minItems: 288, maxItems: 288 }) }),
  ),
  shares: Compile(Type.Object({ days: count, share: table(Type.Number({ minimum: 0, maximum: 1 })) })),
} as const;
