/** What the components of the control score are computed from. */
import type { InventoryDomain } from '../contract/inventory.ts';
import { ledgerControl, viewInForce } from '../contract/ledger.ts';
import type { LedgerView } from '../contract/ledger.ts';
import type { StateView, StepContext } from '../contract/step.ts';

/** What the score remembers of a domain besides the ledger. */
export interface ScoreMemory {
  /** Times of unapproved delegation changes, oldest first. */
  ns: number[];
  /** Weight of changes per day: approved and all. */
  weights: [day: number, approved: number, total: number][];
  /** Last time validation failed widely. */
  bogusMs?: number;
  /** Distinct origin networks of the name servers, and when they were seen. */
  nsNetworks?: [count: number, atMs: number];
  /** All addresses of the name servers are anycast. Absent: not so, or not known. */
  nsAnycast?: true;
  /** What the registrar account itself last stated; absent: only the inventory may know. */
  accountMfa?: string;
  /** Last approved change of its recovery contact. */
  recoveryMs?: number;
  /** Component values (per mille, -1 unknown) at each change, oldest first. */
  snapshots: [atMs: number, values: number[]][];
  low: boolean;
  droppedMs?: number;
}

/** State name of the score's memory. */
export const scoreStateName = 'score';

/** Inputs of one component. */
export interface ComponentInput {
  readonly state: StateView;
  readonly domain: InventoryDomain;
  readonly context: StepContext;
  readonly memory: ScoreMemory | undefined;
}

/** What a component says before name and weight are added. `value` null: unknown. */
export interface Verdict {
  readonly value: number | null;
  readonly reason: string;
  readonly view?: LedgerView;
  readonly source?: string;
  readonly asOfMs?: number;
  readonly action?: string;
  readonly applicable?: boolean;
}

/** The view in force of a control. */
export function inForce(input: ComponentInput, control: string): LedgerView | undefined {
  return viewInForce(ledgerControl(input.state, control));
}
