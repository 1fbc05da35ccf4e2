/** What the collector counts about itself since its start, for the status page. Metrics have readers of their own. */
export class CollectorFigures {
  entries = 0;
  messages = 0;
  duplicates = 0;
  late = 0;
  findings = 0;
  checkpoints = 0;
  unreadableEntries = 0;
  /** Wall clock minus the newest ingest time handled, ms. */
  lagMs = 0;
  lastCheckpointMs = 0;
  /** Events of types this version does not know, by feed. */
  readonly unknownTypes = new Map<string, number>();
  /** Records intake refused, by code. */
  readonly refusals = new Map<string, number>();
}
