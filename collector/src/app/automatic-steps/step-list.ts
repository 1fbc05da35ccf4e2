/** Automatic steps of the shipped playbooks by their id, one line each. */
import type { StepCheck } from './step-subject.ts';
import { listAccess, listReach } from './access-steps.ts';
import {
  certificateFacts,
  ctSearch,
  dmarcReports,
  lookalike,
  orderCheck,
  watchIssuance,
} from './certificate-steps.ts';
import { compareValues, sweep, tickets } from './change-steps.ts';
import {
  dnssecChain,
  mailState,
  nameservers,
  realExpiry,
  recovery,
  snapshot,
  spread,
} from './domain-steps.ts';
import { backfill, blindDetections } from './pipeline-steps.ts';

/** What each automatic step does. A step of a playbook that is not here is done by hand. */
export const automaticSteps: ReadonlyMap<string, StepCheck> = new Map<string, StepCheck>([
  ['snapshot', snapshot],
  ['match_tickets', tickets],
  ['list_access', listAccess],
  ['watch_nameservers', nameservers],
  ['compare_value', compareValues],
  ['sweep', sweep],
  ['spread', spread],
  ['ct_search', ctSearch],
  ['prove_recovery', recovery],
  ['mail_state', mailState],
  ['dmarc_reports', dmarcReports],
  ['certificate_facts', certificateFacts],
  ['order_check', orderCheck],
  ['watch_issuance', watchIssuance],
  ['list_reach', listReach],
  ['look', lookalike],
  ['watch_lookalike', lookalike],
  ['real_expiry', realExpiry],
  ['dnssec_chain', dnssecChain],
  ['blind_detections', blindDetections],
  ['backfill', backfill],
]);
