// Answers questions about the clinical content in fhir-profiles/: which Questionnaire, which plan, which rule. Read once at start, never written.
import type {
  ActivityDefinition,
  Coding,
  Library,
  ObservationDefinition,
  PlanDefinition,
  Questionnaire,
  Resource,
} from '@medplum/fhirtypes';
import type { HeldTerminology } from './held-terminology.ts';

/** Every canonical of our own content begins with this. */
export const canonicalBase = 'https://w3id.org/alongside/fhir/';

/** What a canonical in a plan may point to. */
export type Definition = PlanDefinition | ActivityDefinition | Questionnaire;

export interface Catalogue extends HeldTerminology {
  /** Every resource of ours that the service publishes, in file order. */
  published(): readonly Resource[];
  /** By canonical, with or without |version; the newest version when none is asked for. */
  questionnaire(canonical: string): Questionnaire | undefined;
  definition(canonical: string): Definition | undefined;
  library(canonical: string): Library | undefined;
  /** The codes of a value set that is held here; undefined when it is not, or cannot be listed. */
  codesOf(valueSet: string): readonly Coding[] | undefined;
  /** The ObservationDefinitions that say how a questionnaire (canonical, with or without |version) is scored, total first. */
  scoreDefinitions(questionnaireUrl: string): readonly ObservationDefinition[];
}
