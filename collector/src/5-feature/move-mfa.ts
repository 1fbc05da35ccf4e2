/** After a move to another registrar the second factor there is unknown until somebody says so (R18). */
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator } from '../contract/step.ts';

/** Annotator that adds `feature.mfa.unknown_after_move` to changes of registrar or account. */
export const moveMfa: Annotator = {
  name: 'move-mfa',
  scope: 'domain',
  wants: [
    'registrar.domain.registrar_changed',
    'registrar.domain.transfer_completed',
    'registrar.domain.account_moved',
  ],
  step(_state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event } = message;
    const id = context.inventory.domain(event.tenant, message.event.domain)?.registrar_account;
    const account = id === undefined ? undefined : context.inventory.account(event.tenant, id);
    const target = typeof event.new_value === 'string' ? event.new_value.toLowerCase() : undefined;
    const own = id?.toLowerCase();
    const isOwn =
      target !== undefined &&
      own !== undefined &&
      (target === own || (!target.includes('/') && own.startsWith(`${target}/`)));
    const known = isOwn && account?.mfa !== undefined && account.mfa !== 'unknown';
    const before = event.feature?.['mfa'] as FeatureOf<'mfa'> | undefined;
    return { features: { mfa: { ...before, unknown_after_move: !known } satisfies FeatureOf<'mfa'> } };
  },
};
