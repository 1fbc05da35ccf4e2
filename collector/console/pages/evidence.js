/** The event and the raw payload behind a line of a timeline, fetched when somebody opens it. */
import { read } from '../client.js';
import { h } from '../dom.js';
import { readable, safe, utc, valueLines, witnessName } from '../model/words.js';

/** @import { EvidenceView } from '../../src/contract/api.ts' */

/** @param {Record<string, unknown>} event */
function eventFacts(event) {
  const rows = Object.entries(event).filter(
    ([, value]) => value !== null && value !== undefined && typeof value !== 'object',
  );
  return h(
    'dl',
    { class: 'facts small' },
    rows.map(([name, value]) => [
      h('dt', {}, readable(name)),
      h('dd', {}, h('code', {}, valueLines(value).join(', '))),
    ]),
  );
}

/** @param {EvidenceView} view */
function evidence({ event, raw_text: rawText, raw_base64: rawBase64 }) {
  const facts = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (event));
  const source = String(facts['source_kind'] ?? '');
  return [
    h(
      'p',
      { class: 'small' },
      source === '' ? '' : `${witnessName(source)}, `,
      utc(String(facts['timestamp'] ?? facts['event_time'] ?? '')),
    ),
    eventFacts(facts),
    h(
      'details',
      {},
      h('summary', {}, 'Canonical event'),
      h('pre', { tabindex: 0 }, JSON.stringify(event, null, 2)),
    ),
    rawText !== null
      ? h(
          'details',
          { open: true },
          h('summary', {}, 'Raw payload as received'),
          h('pre', { tabindex: 0 }, pretty(rawText)),
        )
      : h(
          'p',
          { class: 'dim' },
          rawBase64 === null
            ? 'The raw payload is no longer kept.'
            : `Binary payload, ${Math.round((rawBase64.length * 3) / 4)} bytes.`,
        ),
  ];
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.split('\n').map(safe).join('\n');
  }
}

/** Fills a freshly opened `details` with what stands behind it; does nothing for others.
 * @param {HTMLDetailsElement} details */
export async function fillEvidence(details) {
  const ref = details.dataset['evidence'];
  const place = details.querySelector('summary + div');
  if (ref === undefined || place === null || details.dataset['filled'] === 'yes') return;
  /** @type {import('../client.js').Answer<EvidenceView>} */
  const answer = await read(`/evidence/${encodeURIComponent(ref)}`);
  details.dataset['filled'] = answer.ok ? 'yes' : 'no';
  place.className = '';
  place.replaceChildren(
    ...(answer.ok
      ? evidence(answer.value)
      : [
          h(
            'p',
            { class: 'dim' },
            answer.kind === 'forbidden'
              ? 'Raw payloads are for responders; your role may not open them.'
              : answer.detail,
          ),
        ]),
  );
}
