/** Playbooks as data: what to do, step by step, who does it, and which facts the step needs. */

/** One step. `automatic` steps only read; `prepared` ones wait for an approval; `manual` ones are a person's. */
export interface PlaybookStep {
  readonly id: string;
  readonly mode: 'automatic' | 'prepared' | 'manual';
  /** An imperative sentence; `{fact}` is replaced by the runbook fact of that name. */
  readonly text: string;
  /** Prepared steps that change something outside and cannot be undone by us: four eyes. */
  readonly destructive: boolean;
  /** Names of the facts the text needs, e.g. `registrar_emergency_contact`. */
  readonly facts: readonly string[];
  /** Automatic steps that are looked at again: seconds between two looks. Absent: done once. */
  readonly every_s?: number;
}

/** One playbook, id PB1 to PB8 in what is shipped. */
export interface Playbook {
  readonly id: string;
  readonly title: string;
  readonly when: string;
  readonly steps: readonly PlaybookStep[];
}

/** Result of reading a playbook document: the playbook, or everything wrong with it, each `path: message`. */
export type PlaybookOutcome =
  | { readonly ok: true; readonly playbook: Playbook }
  | { readonly ok: false; readonly problems: readonly string[] };

const modes = ['automatic', 'prepared', 'manual'] as const;
const documentKeys = new Set(['version', 'id', 'title', 'when', 'steps']);
const stepKeys = new Set(['id', 'mode', 'text', 'destructive', 'facts', 'every_s']);
const factPattern = /\{([a-z][a-z0-9_]*)\}/g;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 1024;
}

/** Facts a sentence asks for, in order of appearance, each once. */
function factsIn(text: string): string[] {
  return [...new Set([...text.matchAll(factPattern)].map((match) => match[1] as string))];
}

function parseStep(candidate: unknown, path: string, problems: string[]): PlaybookStep | undefined {
  if (!isObject(candidate)) {
    problems.push(`${path}: must be a step with id, mode and text`);
    return undefined;
  }
  const before = problems.length;
  for (const key of Object.keys(candidate))
    if (!stepKeys.has(key)) problems.push(`${path}/${key}: unknown key`);
  const { id, mode, text, destructive = false, facts = [] } = candidate;
  if (!isText(id) || !/^[a-z][a-z0-9_]*$/.test(id))
    problems.push(`${path}/id: must be a word like lock_domain`);
  const known = modes.find((each) => each === mode);
  if (known === undefined) problems.push(`${path}/mode: must be automatic, prepared or manual`);
  if (!isText(text)) problems.push(`${path}/text: must be a sentence`);
  if (typeof destructive !== 'boolean') problems.push(`${path}/destructive: must be true or false`);
  else if (destructive && mode !== 'prepared')
    problems.push(`${path}/destructive: only a prepared step may be destructive`);
  const { every_s: everyS } = candidate;
  if (
    everyS !== undefined &&
    (mode !== 'automatic' || !Number.isSafeInteger(everyS) || (everyS as number) < 1)
  )
    problems.push(`${path}/every_s: whole seconds, and only for automatic steps`);
  if (!Array.isArray(facts) || !facts.every(isText)) problems.push(`${path}/facts: must be a list of names`);
  if (isText(text) && Array.isArray(facts))
    for (const fact of factsIn(text))
      if (!facts.includes(fact)) problems.push(`${path}/facts: the text uses {${fact}}, which is not listed`);
  if (problems.length > before || known === undefined) return undefined;
  return {
    id: id as string,
    mode: known,
    text: text as string,
    destructive: destructive as boolean,
    facts: facts as string[],
    ...(everyS === undefined ? {} : { every_s: everyS as number }),
  };
}

/** Reads one already loaded document (YAML or JSON, same keys). All problems at once; nothing is guessed. */
export function parsePlaybook(document: unknown): PlaybookOutcome {
  const problems: string[] = [];
  if (!isObject(document)) return { ok: false, problems: ['/: must be an object'] };
  for (const key of Object.keys(document)) if (!documentKeys.has(key)) problems.push(`/${key}: unknown key`);
  const { version, id, title, when, steps } = document;
  if (version !== 1) problems.push('/version: must be 1');
  if (!isText(id)) problems.push('/id: must be a name like PB1');
  if (!isText(title)) problems.push('/title: must be a text');
  if (!isText(when)) problems.push('/when: must say when it applies');
  const parsed: PlaybookStep[] = [];
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > 100)
    problems.push('/steps: must be a list of 1 to 100 steps');
  else {
    const seen = new Set<string>();
    for (const [index, each] of steps.entries()) {
      const step = parseStep(each, `/steps/${index}`, problems);
      if (step === undefined) continue;
      if (seen.has(step.id)) problems.push(`/steps/${index}/id: ${step.id} stands twice`);
      seen.add(step.id);
      parsed.push(step);
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    playbook: { id: id as string, title: title as string, when: when as string, steps: parsed },
  };
}

/** The sentence with its facts put in; a fact nobody wrote down stands as `(name: not in the inventory)`, so that it gets noticed. */
export function stepSentence(step: PlaybookStep, facts: Readonly<Record<string, string>>): string {
  return step.text.replace(factPattern, (_whole, name: string) =>
    Object.hasOwn(facts, name)
      ? (facts[name] as string)
      : `(${name.replaceAll('_', ' ')}: not in the inventory)`,
  );
}
