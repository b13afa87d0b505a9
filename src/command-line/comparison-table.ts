// Shows what source and target hold, side by side where they differ.
import type { DatabaseSummary } from '../store/copy/summarise-database.ts';

type Line = readonly string[];

const heads: Line = ['', 'resources', 'versions', 'deletions', 'SHA-256'];
/** Enough to compare by eye, and by a program in a report. */
const hashLetters = 32;

function typeLine(summary: DatabaseSummary, type: string): Line {
  const found = summary.types.get(type);
  return found === undefined
    ? ['-', '-', '-', '-']
    : [
        String(found.resources),
        String(found.versions),
        String(found.deletions),
        found.hash.slice(0, hashLetters),
      ];
}

function tableLine(summary: DatabaseSummary, label: string): Line {
  const found = summary.tables.get(label);
  return found === undefined
    ? ['-', '', '', '-']
    : [String(found.rows), '', '', found.hash.slice(0, hashLetters)];
}

/** One line where both are the same; two where they are not. */
function linesOf(name: string, source: Line, target: Line): readonly Line[] {
  return source.join(' ') === target.join(' ')
    ? [[name, ...source]]
    : [
        [`${name}, source`, ...source],
        [`${name}, target`, ...target],
      ];
}

function laidOut(lines: readonly Line[]): string {
  const widths = heads.map((_head, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const isText = (at: number) => at === 0 || at === heads.length - 1;
  return lines
    .map((line) =>
      line
        .map((cell, at) => (isText(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

export function comparisonTable(source: DatabaseSummary, target: DatabaseSummary): string {
  const types = [...new Set([...source.types.keys(), ...target.types.keys()])].sort();
  return laidOut([
    heads,
    ...types.flatMap((type) => linesOf(type, typeLine(source, type), typeLine(target, type))),
    ...[...source.tables.keys()].flatMap((label) =>
      linesOf(label, tableLine(source, label), tableLine(target, label)),
    ),
  ]);
}
