// The statements of one connection, as the shared SQL sees them. The text of a statement never holds a value: values are bound to
// its question marks. Texts are written for SQLite, its hints to the planner included; the adapter of PostgreSQL translates them.
import type { Dialect } from './dialect.ts';

export type Bindable = string | number | Uint8Array | null;

export interface Statements {
  readonly dialect: Dialect;
  run(sql: string, ...values: readonly Bindable[]): void;
  get<T extends object>(sql: string, ...values: readonly Bindable[]): T | undefined;
  all<T extends object>(sql: string, values: readonly Bindable[]): readonly T[];
}
