// The shared SQL in PostgreSQL's words.
import { translate } from '../../../src/store/postgres/translate.ts';

const cases: readonly (readonly [string, string, string])[] = [
  ['numbers the values', 'SELECT 1 WHERE a = ? AND b IN (?, ?)', 'SELECT 1 WHERE a = $1 AND b IN ($2, $3)'],
  [
    'keeps the order of joins',
    'SELECT 1 FROM a CROSS JOIN b ON b.x = a.x',
    'SELECT 1 FROM a JOIN b ON b.x = a.x',
  ],
  [
    'leaves out which index to use',
    'SELECT 1 FROM token_value v INDEXED BY token_by_value WHERE v.code = ?',
    'SELECT 1 FROM token_value v WHERE v.code = $1',
  ],
  [
    'asks a condition on another table of the row in hand, by its row alone',
    'SELECT 1 FROM resource d WHERE EXISTS (SELECT 1 FROM token_value v NOT INDEXED WHERE v.row_id = d.row_id AND v.parameter_id = ? AND +v.code = ?)',
    "SELECT 1 FROM resource d WHERE EXISTS (SELECT 1 FROM token_value v WHERE v.row_id = d.row_id AND (v.parameter_id + 0) = $1 AND (v.code || '') = $2 OFFSET 0)",
  ],
  [
    'does so inside of another',
    'SELECT 1 WHERE +EXISTS (SELECT 1 FROM compartment c NOT INDEXED WHERE c.row_id = ? AND +EXISTS (SELECT 1 FROM care_tie k WHERE k.patient_id = c.patient_id)) AND NOT EXISTS (SELECT 2)',
    'SELECT 1 WHERE EXISTS (SELECT 1 FROM compartment c WHERE c.row_id = $1 AND EXISTS (SELECT 1 FROM care_tie k WHERE k.patient_id = c.patient_id OFFSET 0) OFFSET 0) AND NOT EXISTS (SELECT 2 OFFSET 0)',
  ],
  [
    'reads a sort value by its row',
    '(SELECT min(+v.low) FROM quantity_value v NOT INDEXED WHERE v.row_id = d.row_id AND v.parameter_id = ?)',
    '(SELECT min((v.low + 0)) FROM quantity_value v WHERE v.row_id = d.row_id AND (v.parameter_id + 0) = $1)',
  ],
  [
    'reads what a reference points to',
    'SELECT min(+(SELECT t.id FROM target t WHERE t.target_id = v.target_id))',
    'SELECT min((SELECT t.id FROM target t WHERE t.target_id = v.target_id))',
  ],
  [
    'has its own word for a part of a text',
    'SELECT instr(v.folded, ?) > 0',
    'SELECT strpos(v.folded, $1) > 0',
  ],
];

it.each(cases)('%s', (_what, sqlite, postgres) => {
  expect(translate(sqlite)).toBe(postgres);
});

it('refuses a text whose brackets do not close', () => {
  expect(() => translate('SELECT 1 WHERE EXISTS (SELECT 1')).toThrow(
    'A bracket in a statement is not closed.',
  );
});
