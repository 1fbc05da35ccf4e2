/** Bodies of requests that change something. Unknown keys are refused; texts are bounded. */
import Type from 'typebox';
import { IntentChangeSchema } from './inventory.ts';

const strict = { additionalProperties: false };
const text = Type.String({ minLength: 1, maxLength: 2000 });
const word = Type.String({ minLength: 1, maxLength: 512 });
const reason = Type.Object({ reason: Type.Optional(text) }, strict);

/** Nothing, or an empty object. */
export const EmptyBody = Type.Object({}, strict);
/** An optional reason. */
export const ReasonBody = reason;
/** What came of it, in words. */
export const ResultBody = Type.Object({ result: Type.Optional(text) }, strict);
/** A new suppression. `expires_at` absent or null: permanent, which needs two approvals. */
export const SuppressionBody = Type.Object(
  {
    tenant: Type.Optional(word),
    scope: Type.Object(
      {
        rule: Type.Optional(word),
        domain: Type.Optional(word),
        actor: Type.Optional(word),
        cidr: Type.Optional(word),
      },
      { ...strict, minProperties: 1, maxProperties: 1 },
    ),
    reason: text,
    ticket: word,
    owner: word,
    expires_at: Type.Optional(Type.Union([word, Type.Null()])),
  },
  strict,
);
/** Person who takes the case, `<realm>:<id>`; null gives it back. */
export const AssignBody = Type.Object({ assignee: Type.Union([word, Type.Null()]) }, strict);
/** What the case turned out to be. */
export const CloseBody = Type.Object(
  {
    disposition: Type.Enum(['true_positive', 'false_positive', 'benign_positive']),
    reason: Type.Optional(text),
  },
  strict,
);
/** A line for the timeline. */
export const NoteBody = Type.Object({ text }, strict);
/** Id of the other case. */
export const MergeBody = Type.Object({ with: word }, strict);
/** Findings to move out. */
export const SplitBody = Type.Object(
  { finding_ids: Type.Array(word, { minItems: 1, maxItems: 1000 }) },
  strict,
);
/** A step of the playbook that was done by hand. */
export const StepBody = Type.Object({ step: word, result: Type.Optional(text) }, strict);

/** A record set as it should be; no values: it should not exist. `ttl` seconds, absent: keep or the executor's usual one. */
export const RecordSetSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 253 }),
    type: Type.String({ pattern: '^[A-Z][A-Z0-9]{0,15}$' }),
    values: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 256 }),
    ttl: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
  },
  strict,
);

/** What an executor is to do. `executor`: id from the configuration. */
export const ActionPlanSchema = Type.Union([
  /** Sets record sets of one zone as given, all or none where the server can. */
  Type.Object(
    {
      executor: word,
      kind: Type.Literal('set_records'),
      zone: word,
      records: Type.Array(RecordSetSchema, { minItems: 1, maxItems: 200 }),
    },
    strict,
  ),
  /** Puts every approved record set of the inventory back. */
  Type.Object({ executor: word, kind: Type.Literal('restore_approved'), domain: word }, strict),
  /** Switches the registrar's transfer lock on. */
  Type.Object({ executor: word, kind: Type.Literal('lock_transfer'), domain: word }, strict),
  /** Asks another system, for example a SOAR playbook, by a signed webhook. */
  Type.Object(
    { executor: word, kind: Type.Literal('notify'), text, data: Type.Optional(Type.Unknown()) },
    strict,
  ),
]);

/** A proposal: a sentence, and with `plan` something the collector can carry out after approval. */
export const ProposalBody = Type.Object(
  {
    what: Type.Optional(text),
    destructive: Type.Optional(Type.Boolean()),
    step: Type.Optional(word),
    plan: Type.Optional(ActionPlanSchema),
  },
  strict,
);

/** A change that is meant, by object and value. Absent times: from now, for four hours. */
export const IntentBody = Type.Object(
  {
    id: Type.Optional(word),
    tenant: Type.Optional(word),
    requested_by: Type.Optional(word),
    valid_from: Type.Optional(word),
    valid_until: Type.Optional(word),
    emergency: Type.Optional(Type.Boolean()),
    reason: Type.Optional(text),
    changes: Type.Array(IntentChangeSchema, { minItems: 1, maxItems: 1000 }),
  },
  strict,
);

/** What history taught one entity (`zonewarden backfill`): rows of baselines by name, read by nobody else. `id` empty: the organisation. */
export const BaselineBody = Type.Object(
  {
    tenant: Type.Optional(word),
    scope: Type.Enum(['principal', 'account', 'domain', 'organisation']),
    id: Type.String({ maxLength: 512 }),
    rows: Type.Record(Type.String({ maxLength: 64 }), Type.Object({}, { additionalProperties: true })),
  },
  strict,
);

/** An exercise. Absent: the usual story, the only tenant, its first canary domain. */
export const DrillBody = Type.Object(
  {
    name: Type.Optional(word),
    tenant: Type.Optional(word),
    domain: Type.Optional(word),
    /** Seconds until what has not arrived counts as missed; absent: 30. */
    timeout_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
    /** True: the exercise ends when the notification about its case was reported to `POST /notifications`. */
    notified: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** What Grafana and Alertmanager post to a webhook contact point; only the parts that say who was told about which case. */
export const NotificationBody = Type.Object({
  receiver: word,
  alerts: Type.Array(
    Type.Object({
      status: Type.Optional(Type.String({ maxLength: 64 })),
      labels: Type.Record(Type.String(), Type.String({ maxLength: 4096 })),
      startsAt: Type.Optional(Type.String({ maxLength: 64 })),
    }),
    { maxItems: 1000 },
  ),
});

/** What an executor is to do. */
export type ActionPlan = Type.Static<typeof ActionPlanSchema>;
/** A record set as it should be. */
export type RecordSet = Type.Static<typeof RecordSetSchema>;
/** Body of a new suppression. */
export type SuppressionRequest = Type.Static<typeof SuppressionBody>;
/** Body of a proposal. */
export type ProposalRequest = Type.Static<typeof ProposalBody>;
/** Body of a new intent. */
export type IntentRequest = Type.Static<typeof IntentBody>;
/** Body of a lesson. */
export type BaselineRequest = Type.Static<typeof BaselineBody>;
/** Body of a notification receipt. */
export type NotificationRequest = Type.Static<typeof NotificationBody>;
/** Body of an exercise. */
export type DrillRequest = Type.Static<typeof DrillBody>;
