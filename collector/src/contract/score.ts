/** The control score: how much of the attainable control over a domain is really there, with its reasons. */
import Type from 'typebox';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);

/** One of the eleven components. `value` 0..1, null when unknown; `applicable` false: not offered by this TLD or registrar. */
export const ScoreComponentSchema = Type.Object({
  name: text,
  weight: Type.Integer(),
  value: Type.Union([Type.Number(), Type.Null()]),
  known: Type.Boolean(),
  applicable: Type.Boolean(),
  reason: text,
  source: textOrNull,
  as_of: textOrNull,
  next_action: textOrNull,
});

/** One component of a control score. */
export type ScoreComponent = Type.Static<typeof ScoreComponentSchema>;

/** What a composite risk is made of. `planes_silent`: nobody watches them, so the risk is a lower bound. */
export const RiskDetailSchema = Type.Object({
  planes: Type.Array(text),
  planes_silent: Type.Array(text),
  /** Signals that count, strongest first. */
  terms: Type.Array(
    Type.Object({
      /** Detection such as R02, or the event type of a signal that is no finding. */
      signal: text,
      /** Finding id or event id. */
      ref: text,
      plane: text,
      at: text,
      /** What the signal still weighs after age, rank and nearness, 0..1. */
      share: Type.Number(),
      /** Place among signals of the same rule, from 1. */
      rank: Type.Integer(),
    }),
  ),
});

/** What a composite risk is made of. */
export type RiskDetail = Type.Static<typeof RiskDetailSchema>;

/** JSON Schema of a control score. `score` 0..100 over known components, null when none is known; `coverage` 0..1. */
export const ControlScoreSchema = Type.Object(
  {
    tenant: text,
    domain: text,
    as_of: text,
    score: Type.Union([Type.Number(), Type.Null()]),
    coverage: Type.Number(),
    components: Type.Array(ScoreComponentSchema),
    next_best_action: textOrNull,
    risk: Type.Union([Type.Number(), Type.Null()]),
    /** Null exactly when `risk` is. */
    risk_detail: Type.Union([RiskDetailSchema, Type.Null()]),
    tier: Type.Union([Type.Integer(), Type.Null()]),
    team: textOrNull,
  },
  { $id: 'urn:zonewarden:score:1.0', title: 'Zonewarden control score' },
);

/** Control score of one domain. */
export type ControlScore = Type.Static<typeof ControlScoreSchema>;
