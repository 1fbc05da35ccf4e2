/** How the features that measure behaviour against a normal behave at the edges: docs/features.md is made of this and of the table. */
import type { FeatureGroup } from './features.ts';

/** The edges of one feature. All are sentences for people. */
export interface FeatureNote {
  /** What is counted against what. */
  readonly what: string;
  /** What holds before there is enough history. */
  readonly cold: string;
  /** What silence of its source does. */
  readonly gap: string;
  /** What is kept, and how it is bounded. */
  readonly kept: string;
}

const confirmed =
  'What happened in a confirmed case, from three days before it was opened until it was closed, is left out.';

/** Notes by group. Every group here carries `known`, `n` and `as_of`. */
export const featureNotes = {
  spike: {
    what: 'Transactions in 5 minutes against a Gamma-Poisson history of up to 30 days.',
    cold: '`cold_start` for 14 days: the prior of half a change in 30 days decides, findings are at most medium.',
    gap: 'Silence of the sources that speak about the entity shortens the history; above a tenth of it, or while they are silent, `known` is false and only 10 transactions in 5 minutes alert. The count of a polled source is spread over its interval.',
    kept: `Counts of 30 days and 64 transactions of the running window, per subject. ${confirmed}`,
  },
  volume: {
    what: 'Queries in 5 minutes against the same and the two neighbouring buckets on either side in each of 4 weeks, per sensor.',
    cold: 'Below 2 weeks the median of the last 24 hours is the normal and findings are at most medium; below 5 expected queries `known` is false.',
    gap: 'A bucket nobody reported is no zero: it is left out.',
    kept: `29 days of buckets of 4 sensors; a fifth sensor has no series and says so. ${confirmed}`,
  },
  churn: {
    what: 'Weighted changes of a domain that halve in a day, against twice its own 95th percentile of 180 days.',
    cold: 'The threshold is at least 8 from the first change on, so it is known at once.',
    gap: 'Days without changes and days without a source are alike: the threshold falls to 8 at the lowest.',
    kept: `The running sum and 180 daily maxima. ${confirmed} So are the three half-lives after it.`,
  },
  account_churn: {
    what: 'Weighted changes of an account (tokens, factors, delegates, contacts, passwords) that halve in 72 hours.',
    cold: 'As for `churn`.',
    gap: 'As for `churn`.',
    kept: `As for \`churn\`. ${confirmed}`,
  },
  cluster: {
    what: 'Domains with an unapproved weighty change within an hour, by organisation, account, registrar and new value, against a Poisson expectation.',
    cold: 'Below 180 days `known` is false and one change per domain in 30 days is expected.',
    gap: 'Silence of the source of the event shortens the history; above a tenth of it the expectation of the cold start holds.',
    kept: `1,024 changes of the hour, counts and up to 1,024 domains of each of 180 days. Changes of the domains of a confirmed case are left out while it ran.`,
  },
  contact_cluster: {
    what: 'Domains with a contact change within an hour, as `cluster`.',
    cold: 'As for `cluster`.',
    gap: 'As for `cluster`.',
    kept: 'As for `cluster`.',
  },
  mass_unlock: {
    what: 'Domains of an account, or of a registrar, with an unlock, auth code, transfer or account move within an hour that no intent lists.',
    cold: 'Below 180 days `known` is false and the threshold is 3; with a tier 0 domain among them it is always 2.',
    gap: 'As for `cluster`. A polled source widens the hour to its interval (`window_min`).',
    kept: 'As for `cluster`.',
  },
  novelty: {
    what: 'Country, network, agent and method of an actor, first in 90 days; a network no admin ever used counts 1.3 times.',
    cold: '`cold_start` below 5 logins or 14 days, unless the inventory says what is usual: the value is at most 0.4 and nothing is `new`.',
    gap: 'Without an address in the event `known` is false. Silence of a source makes nothing new.',
    kept: `32 values of each property with 4 spells of sightings; 1,024 networks of an organisation with 4 people each. ${confirmed}`,
  },
  travel: {
    what: 'Way and time between two logins, less both accuracy radii.',
    cold: 'Without an earlier login that told a position `known` is false.',
    gap: 'A VPN, relay, mobile gateway or an address database older than 30 days tells no position: `known` is false.',
    kept: `The last position. ${confirmed}`,
  },
  deviation: {
    what: 'Changed sets against the approved ones, else against what stood 14 days, else against the last value.',
    cold: 'Without any of them `baseline` is `none` and `known` false; without an approved one findings are at most medium, except for name servers, DS and MX.',
    gap: 'Compared is with what is known, however old.',
    kept: `4 transactions; 3 values of each of 32 record sets, for 90 days. ${confirmed} Name servers, DS, MX and locks are never learned.`,
  },
  drift: {
    what: 'Answers per network of the running hour against the mean of the same hour in 28 days (Jensen-Shannon).',
    cold: 'Below 7 days with that hour, or 200 answers, `known` is false. A network met after the first week is unfamiliar for 14 days.',
    gap: 'An hour without answers is left out, an hour that alerted is not learned.',
    kept: `28 days of 24 hours with the 32 largest networks. ${confirmed}`,
  },
  answer: {
    what: 'An answer against the approved set and the state at the provider; `n` is the number of vantage points asked.',
    cold: 'Needs no history.',
    gap: 'Below 2 vantage points `known` is false until a second probe in a row says the same.',
    kept: 'Nothing of its own.',
  },
  validation: {
    what: 'Share of answers that fail DNSSEC validation, and failures of own validators in a row.',
    cold: 'A share of fewer than 50 answers is not known.',
    gap: 'Failures more than 30 minutes apart are not in a row.',
    kept: '16 validators.',
  },
  zone_share: {
    what: 'Record sets changed within 5 minutes against those known of the zone.',
    cold: 'Without a known record set `known` is false.',
    gap: 'Sets nobody ever looked at are not counted on either side.',
    kept: '512 changed sets.',
  },
  sweep: {
    what: 'Kinds of control changed unapproved within 30 minutes; `n` is the number of changes.',
    cold: 'Needs no history.',
    gap: 'Counts what was seen.',
    kept: 'Nothing of its own: the change facts of the ledger.',
  },
  score: {
    what: 'The control score and its falls; `n` is the number of known components.',
    cold: 'Unknown components are left out; below half of the weight `known` is false and nothing alerts.',
    gap: 'A silent source never moves the score: the value stands as the last word and its reason says so. Falls are counted on components known at both times.',
    kept: '24 snapshots of a day, 16 delegation changes, weights of 90 days.',
  },
} as const satisfies Partial<Record<FeatureGroup, FeatureNote>>;
