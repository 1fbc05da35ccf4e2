/** What the engine on Kafka published, on the boards, figures and live streams of this collector. */
import type { Case } from '../contract/case.ts';
import type { Signal } from '../contract/component.ts';
import type { Finding } from '../contract/finding.ts';
import type { ControlScore } from '../contract/score.ts';
import type { EngineParts } from './collector-engine.ts';

/** Shows one signal that is news here. */
export function publishedSignal({ figures, findings, board, live }: EngineParts, signal: Signal): void {
  if (signal.kind === 'finding') {
    const finding = signal.body as Finding;
    figures.findings++;
    findings.apply({ kind: 'finding', body: finding });
    live.publish({ tenant: finding.tenant, event: 'finding', data: finding });
  } else if (signal.kind === 'case') {
    const found = signal.body as Case;
    board.applyCase(found);
    live.publish({ tenant: found.tenant, event: 'case', data: { ...found, timeline: [] } });
  } else if (signal.kind === 'score') {
    const score = signal.body as ControlScore;
    board.applyScore(score);
    live.publish({ tenant: score.tenant, event: 'score', data: score });
  }
}
