// The life of a question about a referral, pair by pair.
import type { Task } from '@medplum/fhirtypes';
import {
  allowedQuestionMoves,
  isOpenQuestion,
  sideOfQuestionMove,
} from '../../../src/course/referral/question-moves.ts';

const statuses: readonly Task['status'][] = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
];

it('a question goes only where somebody answers it, says why not, or takes it back', () => {
  const found = statuses.flatMap((from) => allowedQuestionMoves(from).map((to) => `${from}>${to}`));
  expect(found.toSorted()).toEqual(
    [
      'requested>received',
      'requested>in-progress',
      'requested>completed',
      'requested>rejected',
      'requested>cancelled',
      'requested>entered-in-error',
      'received>in-progress',
      'received>completed',
      'received>rejected',
      'received>cancelled',
      'received>entered-in-error',
      'in-progress>completed',
      'in-progress>rejected',
      'in-progress>cancelled',
      'in-progress>entered-in-error',
      'completed>entered-in-error',
      'rejected>entered-in-error',
      'cancelled>entered-in-error',
    ].toSorted(),
  );
});

it('is open until then, and answered by the side that was asked', () => {
  expect(statuses.filter(isOpenQuestion)).toEqual(['requested', 'received', 'in-progress']);
  expect(sideOfQuestionMove('completed')).toEqual(['requester']);
  expect(sideOfQuestionMove('cancelled')).toEqual(['performer']);
  expect(sideOfQuestionMove('entered-in-error')).toEqual(['requester', 'performer']);
});
