// The sentences of a course, as the content has them, for tests that need no service.
import { readFileSync } from 'node:fs';
import type { CodeSystem } from '@medplum/fhirtypes';
import type { Sentences } from '../../src/course/course-sentences.ts';
import { filled } from '../../src/course/said.ts';
import { nameOf } from '../../src/workflows/courses/names-of-codes.ts';

const published = new URL('../../fhir-profiles/terminology/CodeSystem-course-sentence.json', import.meta.url);
const { concept = [] } = JSON.parse(readFileSync(published, 'utf8')) as CodeSystem;

export const sentence: Sentences = (code, values = {}) => {
  const found = concept.find((each) => each.code === code);
  if (!found) throw new Error(`no sentence "${code}"`);
  return filled(nameOf(found), values);
};
