// Every FHIR operation of the service. Adding one here routes it and names it in the CapabilityStatement.
import type { ServedOperation } from '../operation.ts';
import { activityDefinitionApply } from './activity-definition-apply.ts';
import { carePlanAnswerNextSteps } from './care-plan-answer-next-steps.ts';
import { carePlanClosingLetter } from './care-plan-closing-letter.ts';
import { carePlanCourse } from './care-plan-course.ts';
import { carePlanDeviations } from './care-plan-deviations.ts';
import { carePlanFormulate } from './care-plan-formulate.ts';
import { carePlanGroupDayComplete } from './care-plan-group-day-complete.ts';
import { carePlanGroupMember } from './care-plan-group-member.ts';
import { carePlanLeave } from './care-plan-leave.ts';
import { carePlanMakeUpDay } from './care-plan-make-up-day.ts';
import { carePlanMigrate } from './care-plan-migrate.ts';
import { carePlanNextSteps } from './care-plan-next-steps.ts';
import { carePlanPause } from './care-plan-pause.ts';
import { carePlanResume } from './care-plan-resume.ts';
import { carePlanSessionBrief } from './care-plan-session-brief.ts';
import { carePlanSessionComplete } from './care-plan-session-complete.ts';
import { carePlanSessionCorrect } from './care-plan-session-correct.ts';
import { carePlanTailor } from './care-plan-tailor.ts';
import { codeSystemLookup } from './code-system-lookup.ts';
import { codeSystemSubsumes } from './code-system-subsumes.ts';
import { conceptMapTranslate } from './concept-map-translate.ts';
import { observationLastn } from './observation-lastn.ts';
import { patientEverything } from './patient-everything.ts';
import { patientRefer } from './patient-refer.ts';
import { planDefinitionApply } from './plan-definition-apply.ts';
import { planDefinitionEnroll } from './plan-definition-enroll.ts';
import { planDefinitionExplain } from './plan-definition-explain.ts';
import { planDefinitionImpact } from './plan-definition-impact.ts';
import { planDefinitionStartGroup } from './plan-definition-start-group.ts';
import { planDefinitionStartPairs } from './plan-definition-start-pairs.ts';
import { questionnairePopulate } from './questionnaire-populate.ts';
import { questionnaireResponseExtract } from './questionnaire-response-extract.ts';
import { resourceValidate } from './resource-validate.ts';
import { codeSystemValidateCode, valueSetValidateCode } from './validate-code.ts';
import { valueSetExpand } from './value-set-expand.ts';

export const operations: readonly ServedOperation[] = [
  planDefinitionApply,
  planDefinitionExplain,
  activityDefinitionApply,
  patientRefer,
  planDefinitionEnroll,
  carePlanSessionComplete,
  carePlanSessionCorrect,
  planDefinitionStartGroup,
  planDefinitionStartPairs,
  carePlanGroupDayComplete,
  carePlanGroupMember,
  carePlanLeave,
  carePlanMakeUpDay,
  carePlanCourse,
  carePlanClosingLetter,
  carePlanSessionBrief,
  carePlanNextSteps,
  carePlanAnswerNextSteps,
  carePlanTailor,
  carePlanPause,
  carePlanResume,
  carePlanDeviations,
  carePlanFormulate,
  carePlanMigrate,
  planDefinitionImpact,
  questionnairePopulate,
  questionnaireResponseExtract,
  resourceValidate,
  valueSetExpand,
  valueSetValidateCode,
  codeSystemValidateCode,
  codeSystemLookup,
  codeSystemSubsumes,
  conceptMapTranslate,
  observationLastn,
  patientEverything,
];
