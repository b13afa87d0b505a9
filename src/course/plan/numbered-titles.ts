// Keeps a title that says its session's number, such as "Session 4" or "Session 4: sleep", true when the session has another number.

import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Said } from '../said.ts';
import type { PlanStep } from './plan-step.ts';

/** Only a title that said the number `from`: whoever counts otherwise is left alone. */
export function renumberedTitle(title: Said, from: number, to: number, sentence: Sentences): Said {
  if (from === to) return title;
  const [before, after] = [from, to].map((number) =>
    sentence('session-numbered', { number: asItIs(number) }),
  ) as [Said, Said];
  return withOtherHead(title, before, after, [':']);
}

/**
 * The steps with their new numbers. Of the open ones, a title that said its number says the new one, and one that was made of another's
 * ("Session 4 (again)") goes along with that.
 */
export function withNumbers(
  steps: readonly PlanStep[],
  numbers: ReadonlyMap<string, number>,
  sentence: Sentences,
): readonly PlanStep[] {
  const numbered = steps.map((step) => {
    const number = numbers.get(step.stepId) ?? step.number;
    const isMade = steps.some(({ title }) => goesOn(step.title.text, title.text, madeOf));
    const title = isMade ? step.title : renumberedTitle(step.title, step.number, number, sentence);
    return { before: step, after: { ...step, number, title } };
  });
  const renamed = numbered.filter(({ before, after }) => before.title !== after.title);
  return numbered.map(({ before, after }) => {
    const base = renamed.find(({ before: { title } }) => goesOn(before.title.text, title.text, madeOf));
    return base && before.state === 'open'
      ? { ...after, title: withOtherHead(before.title, base.before.title, base.after.title, madeOf) }
      : after;
  });
}

/** What follows the title that another was made of. */
const madeOf = [' (', ','];

const goesOn = (text: string, head: string, marks: readonly string[]): boolean =>
  marks.some((mark) => text.startsWith(`${head}${mark}`));

function withOtherHead(title: Said, before: Said, after: Said, marks: readonly string[]): Said {
  const put = (text: string, head = '', other = '') =>
    text === head || goesOn(text, head, marks) ? `${other}${text.slice(head.length)}` : text;
  return {
    text: put(title.text, before.text, after.text),
    translations: Object.fromEntries(
      Object.entries(title.translations).map(([language, text]) => [
        language,
        put(text, before.translations[language], after.translations[language]),
      ]),
    ),
  };
}
