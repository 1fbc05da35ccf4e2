/** Binary heap of things in order of a rank, then of arrival: the queues of the probe budget. */

/** Something that waits. Smaller ranks come first; equal ranks in the order of `order`. */
export interface Ranked {
  readonly rank: number;
  readonly order: number;
}

function before(a: Ranked, b: Ranked): boolean {
  return a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
}

/** Puts an entry into the heap. */
export function pushRanked<T extends Ranked>(heap: T[], entry: T): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!before(heap[at]!, heap[above]!)) break;
    [heap[at], heap[above]] = [heap[above]!, heap[at]!];
    at = above;
  }
}

/** Takes the first entry out of the heap; undefined when it is empty. */
export function popRanked<T extends Ranked>(heap: T[]): T | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  heap[0] = last;
  for (let at = 0; ;) {
    const left = 2 * at + 1;
    const right = left + 1;
    let least = at;
    if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
    if (least === at) return top;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
}
