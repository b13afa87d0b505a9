// Tells a person how far an import or a copy is: a bar on a terminal, a plain line now and then elsewhere.
import type { Clock } from '../runtime/clock.ts';

export interface ImportProgress {
  /** `bytes` and `lines` since the start of the file. */
  show(bytes: number, lines: number): void;
  /** Ends the bar. */
  end(bytes: number, lines: number): void;
}

export interface ProgressFacts {
  readonly name: string;
  /** What is counted; lines unless said otherwise. Where there are no bytes, they are counted in the place of bytes too. */
  readonly unit?: string;
  readonly sizeBytes: number;
  /** Where this run began: what an earlier one did says nothing about the rate. */
  readonly fromBytes: number;
  readonly fromLines: number;
  readonly isTerminal: boolean;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

const barLetters = 24;
const plainEveryMs = 5000;
const barEveryMs = 100;

function clockTime(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

export function importProgress(facts: ProgressFacts): ImportProgress {
  const { name, sizeBytes, fromBytes, fromLines, isTerminal, clock, write, unit = 'lines' } = facts;
  const startedMs = clock.now().getTime();
  let shownMs = startedMs;

  function text(bytes: number, lines: number): string {
    const seconds = Math.max((clock.now().getTime() - startedMs) / 1000, 0.001);
    const done = sizeBytes === 0 ? 1 : bytes / sizeBytes;
    const rest = bytes > fromBytes ? ((sizeBytes - bytes) * seconds) / (bytes - fromBytes) : 0;
    const rate = Math.round((lines - fromLines) / seconds);
    const bar = '#'.repeat(Math.round(done * barLetters)).padEnd(barLetters, '.');
    const words = `${Math.floor(done * 100)} %, ${lines} ${unit}, ${rate}/s, ${clockTime(rest)} left`;
    return isTerminal ? `[${bar}] ${name}: ${words}` : `${name}: ${words}`;
  }

  return {
    show(bytes, lines) {
      const nowMs = clock.now().getTime();
      if (nowMs - shownMs < (isTerminal ? barEveryMs : plainEveryMs)) return;
      shownMs = nowMs;
      write(isTerminal ? `\r${text(bytes, lines)}\u001b[K` : `${text(bytes, lines)}\n`);
    },
    end: (bytes, lines) =>
      write(`${isTerminal ? '\r' : ''}${text(bytes, lines)}${isTerminal ? '\u001b[K' : ''}\n`),
  };
}
