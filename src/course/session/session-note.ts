// The parts of a session note, in the order in which a session goes, and their text as narrative.
import type { Narrative } from '@medplum/fhirtypes';

/** The sentence that heads each part; a session opens with the symptoms since the last one (Wortman et al., BMJ Open 2022). */
export const noteHeadings = {
  symptomsSince: 'note-symptoms',
  discovered: 'note-discovered',
  agreements: 'note-agreed',
  oneSmallStep: 'note-small-step',
} as const;

export type NotePart = keyof typeof noteHeadings;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Plain text as XHTML: everything escaped, one paragraph for each line. https://hl7.org/fhir/R4/narrative.html */
export function narrative(paragraphs: readonly string[]): Narrative {
  const lines = paragraphs
    .flatMap((paragraph) => paragraph.split(/\r?\n/))
    .filter((line) => line.trim() !== '');
  const body = lines
    .map((line) => `<p>${line.replace(/[&<>"]/g, (character) => escapes[character] ?? character)}</p>`)
    .join('');
  return { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>` };
}
