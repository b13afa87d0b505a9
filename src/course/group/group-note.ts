// Finds the names of a group's members in a note that leaders hand over: the note is about the day, and tells of nobody by name.

/** A person's names as their record has them. */
export interface PersonNames {
  readonly given: readonly string[];
  readonly family: readonly string[];
}

/** Letters that Unicode does not take apart into a base letter and a mark. */
const plainLetters: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
};

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[øłđðþßæœı]/g, (letter) => plainLetters[letter] ?? letter);

const wordsOf = (text: string): readonly string[] => plain(text).match(/[\p{L}\p{N}]+/gu) ?? [];

/** A single letter is an initial and stands for nobody. */
const isName = (word: string): boolean => Array.from(word).length > 1;

/**
 * The words of names: each given name, and of a family name those with a capital, so that "de" and "van" of a longer name do not
 * count as one. A family name without any capital counts whole.
 */
function nameWords({ given, family }: PersonNames): readonly string[] {
  const ofFamily = family.flatMap((name) => {
    const capital = name.match(/[\p{L}\p{M}\p{N}]+/gu)?.filter((word) => /^\p{Lu}/u.test(word)) ?? [];
    return capital.length > 0 ? capital.flatMap(wordsOf) : wordsOf(name);
  });
  return [...given.flatMap(wordsOf), ...ofFamily].filter(isName);
}

/** Where names stand, such as "line 2, word 5", in the order of the note. Never the name itself. */
export function namesIn(note: string, people: readonly PersonNames[]): readonly string[] {
  const names = new Set(people.flatMap(nameWords));
  return note.split(/\r?\n/).flatMap((line, lineIndex) =>
    wordsOf(line).flatMap((word, wordIndex) =>
      // A name with the s of a possessive is a name too.
      names.has(word) || (word.endsWith('s') && names.has(word.slice(0, -1)))
        ? [`line ${lineIndex + 1}, word ${wordIndex + 1}`]
        : [],
    ),
  );
}
