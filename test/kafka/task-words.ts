/** What a stage task publishes, and nothing else of what it puts out. */
import type { Published } from '../../collector/src/engine/statement.ts';
import type { StageTask } from '../../collector/src/host/kafka/stage-task.ts';

const quiet = (): void => undefined;

/** Settles a task; findings and cases it says, in order. */
export function settledWords(task: StageTask): Published[] {
  const words: Published[] = [];
  task.settle({
    message: quiet,
    preview: quiet,
    withdraw: quiet,
    note: quiet,
    annotated: quiet,
    early: quiet,
    published: (published) => words.push(published),
    watermark: quiet,
  });
  return words;
}
