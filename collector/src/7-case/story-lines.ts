/**
 * Where a line stands in a story. A story is a list that is never changed in place, and grows to two thousand lines, each of which is
 * looked for again with every finding; a list made from another takes over what is known about its lines.
 */
import type { TimelineEntry } from '../contract/case.ts';

type Story = readonly TimelineEntry[];

/** A shorter story is looked through. */
const fewLines = 32;

/** Places by line, shared by the lists that grew from each other. Of a branch that was taken back some are wrong, so each is checked. */
const places = new WeakMap<Story, Map<string, number>>();

function nameOf({ ref, kind }: TimelineEntry): string {
  return `${kind} ${ref}`;
}

function isSame(a: TimelineEntry | undefined, b: TimelineEntry): boolean {
  return a !== undefined && a.ref === b.ref && a.kind === b.kind;
}

function placesOf(story: Story): Map<string, number> {
  let known = places.get(story);
  if (known === undefined) {
    known = new Map();
    for (const [at, line] of story.entries()) if (!known.has(nameOf(line))) known.set(nameOf(line), at);
    places.set(story, known);
  }
  return known;
}

/** Place of the line with the same (ref, kind); -1 when there is none. */
export function placeOfLine(story: Story, line: TimelineEntry): number {
  if (story.length > fewLines) {
    const at = placesOf(story).get(nameOf(line));
    if (at === undefined) return -1;
    if (isSame(story[at], line)) return at;
  }
  return story.findIndex((each) => isSame(each, line));
}

/** The story with one line more, which must not stand there yet. */
export function withLine(story: Story, line: TimelineEntry): Story {
  const longer = [...story, line];
  const known = places.get(story);
  if (known !== undefined) {
    known.set(nameOf(line), story.length);
    places.set(longer, known);
  }
  return longer;
}

/** The story with another line of the same (ref, kind) in its place. */
export function withLineAt(story: Story, at: number, line: TimelineEntry): Story {
  const changed = story.with(at, line);
  const known = places.get(story);
  if (known !== undefined) places.set(changed, known);
  return changed;
}
