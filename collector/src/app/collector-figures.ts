/** What the collector counts about itself. Plain numbers: exporters read them, nothing here decides anything. */

/** Counts of one feed. */
export interface FeedFigures {
  records: number;
  bytes: number;
  events: number;
  relevant: number;
  rejected: number;
  duplicates: number;
  gaps: number;
  gapMs: number;
  unknownTypes: number;
  lastRecordMs: number;
}

/** Counts of one sink. */
export interface SinkFigures {
  delivered: number;
  retries: number;
  rejected: number;
  lost: number;
  backlog: number;
  lastDeliveryMs: number;
  lastProblem: string;
}

function newFeed(): FeedFigures {
  return {
    records: 0,
    bytes: 0,
    events: 0,
    relevant: 0,
    rejected: 0,
    duplicates: 0,
    gaps: 0,
    gapMs: 0,
    unknownTypes: 0,
    lastRecordMs: 0,
  };
}

function newSink(): SinkFigures {
  return { delivered: 0, retries: 0, rejected: 0, lost: 0, backlog: 0, lastDeliveryMs: 0, lastProblem: '' };
}

/** Figures of one collector since its start. Times epoch ms. */
export class CollectorFigures {
  readonly feeds = new Map<string, FeedFigures>();
  readonly sinks = new Map<string, SinkFigures>();
  readonly refusals = new Map<string, number>();
  entries = 0;
  messages = 0;
  duplicates = 0;
  late = 0;
  findings = 0;
  cases = 0;
  checkpoints = 0;
  lastCheckpointMs = 0;
  unreadableEntries = 0;
  lagMs = 0;

  /** Figures of a feed, made at first use. */
  feed(name: string): FeedFigures {
    let figures = this.feeds.get(name);
    if (figures === undefined) {
      figures = newFeed();
      this.feeds.set(name, figures);
    }
    return figures;
  }

  /** Figures of a sink, made at first use. */
  sink(id: string): SinkFigures {
    let figures = this.sinks.get(id);
    if (figures === undefined) {
      figures = newSink();
      this.sinks.set(id, figures);
    }
    return figures;
  }

  /** Intake refused records with this code. */
  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}
