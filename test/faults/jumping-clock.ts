/** `node --import`: each SIGUSR2 sets the wall clock of the process: an hour ahead, ten minutes behind, a day ahead, right again. */

const stepsMs = [3_600_000, -600_000, 86_400_000, 0];
const rightMs = Date.now.bind(Date);
let next = 0;
let offsetMs = 0;
Date.now = () => rightMs() + offsetMs;
process.on('SIGUSR2', () => {
  offsetMs = stepsMs[next++ % stepsMs.length] ?? 0;
  process.stdout.write(`clock off by ${offsetMs} ms\n`);
});
