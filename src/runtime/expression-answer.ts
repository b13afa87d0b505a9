// What the thread that runs expressions says of one.

export type ExpressionAnswer =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };
