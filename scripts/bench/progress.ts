// Shows on a terminal how far long work is, and every ten seconds elsewhere.

const barLetters = 24;
const plainEveryMs = 10_000;

export interface Progress {
  show(done: number): void;
  end(): void;
}

export function progress(what: string, total: number): Progress {
  const started = performance.now();
  let shown = started;
  const text = (done: number) => {
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    const rate = done / seconds;
    const left = done === 0 ? '?' : String(Math.ceil((total - done) / rate));
    const bar = '#'.repeat(Math.round((done / total) * barLetters)).padEnd(barLetters, '.');
    return `[${bar}] ${what}: ${Math.floor((done / total) * 100)} %, ${Math.round(rate)}/s, ${left} s left`;
  };
  return {
    show(done) {
      if (process.stderr.isTTY) process.stderr.write(`\r${text(done)}\u001b[K`);
      else if (performance.now() - shown > plainEveryMs) {
        shown = performance.now();
        process.stderr.write(`${text(done)}\n`);
      }
    },
    end() {
      process.stderr.write(process.stderr.isTTY ? `\r${text(total)}\u001b[K\n` : `${text(total)}\n`);
    },
  };
}
