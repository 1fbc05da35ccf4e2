import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Directive } from '../../../collector/src/contract/step.ts';
import { Bench, draft, event, evidence, minute, movedDelegation, start } from './keeper-harness.ts';

const word = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '{domain}', '$&', 'a|b:c'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const value = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.constant(null), fc.integer(), fc.boolean());

void test('whatever stands in a finding, an event or a directive: valid output, nothing thrown, no prototype touched', () => {
  const kinds = [
    'derived.attribution.missing',
    'dns.record.updated',
    'registrar.domain.ds_changed',
    'cert.issued',
  ];
  const types = (
    'suppression.created suppression.approved suppression.expired case.merge case.split case.note case.closed ' +
    'case.assigned action.proposed action.approved action.executed case.held'
  ).split(' ') as Directive['type'][];
  fc.assert(
    fc.property(
      fc.record({
        domain: word,
        attribute: word,
        name: word,
        type: word,
        account: word,
        actor: word,
        fact: word,
      }),
      value,
      value,
      fc.constantFrom(...kinds),
      fc.constantFrom(...types),
      fc.dictionary(
        fc.constantFrom(
          'scope',
          'disposition',
          'finding_ids',
          'with',
          'action_id',
          'what',
          'owner',
          'expires_at',
          'step',
        ),
        value,
      ),
      (facts, before, after, kind, type, data) => {
        const bench = new Bench({ domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0 }] });
        bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
        const { case_id } = bench.only();
        const item = evidence(
          {
            event_type: kind,
            domain: facts.domain,
            attribute: facts.attribute,
            record_name: facts.name,
            record_type: facts.type,
            registrar_account: facts.account,
            change_fact_id: facts.fact,
            old_value: before,
            new_value: after,
          },
          start,
        );
        const over = {
          detection: facts.type,
          actor_id: facts.actor,
          registrar_account: facts.account,
          title: facts.name,
        };
        bench.finding(draft(over, [item]), start + minute);
        bench.event(
          event(
            {
              event_type: kind === 'derived.attribution.missing' ? 'mail.settings.changed' : kind,
              domain: facts.domain,
              actor_id: facts.actor,
              mail: { mailbox: facts.name },
              change_fact_id: facts.fact,
              approval_state: 'approved',
            },
            start,
          ),
          start + 2 * minute,
        );
        bench.say(type, { case_id, suppression_id: facts.name, ...data }, start + 3 * minute, facts.actor);
        bench.say('case.note', { case_id, text: facts.name }, start + 4 * minute);
        bench.advance(start + 10 * minute);
        assert.deepEqual(Object.keys(Object.prototype), []);
      },
    ),
    { numRuns: 300, seed: 5 },
  );
});
