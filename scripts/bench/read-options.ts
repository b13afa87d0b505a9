// Reads what the commands of the bench have in common on their command line; throws with what would be right.
import { type DatabaseKind, databaseKinds } from './databases.ts';

export function secondsOf(word: string | undefined, usual: number): number {
  const seconds = Number(word ?? usual);
  if (!(seconds > 0)) throw new Error(`"${word}" is no number of seconds.`);
  return seconds;
}

/** Of a list with commas, all of which must be among those that there are; all of them when absent. */
export function namesOf(words: string | undefined, all: readonly string[]): ReadonlySet<string> {
  const names = words?.split(',') ?? all;
  for (const name of names) {
    if (!all.includes(name)) throw new Error(`"${name}" is not known; there are: ${all.join(', ')}.`);
  }
  return new Set(names);
}

export function kindsOf(only: string | undefined): readonly DatabaseKind[] {
  const names = namesOf(only, databaseKinds);
  return databaseKinds.filter((kind) => names.has(kind));
}
