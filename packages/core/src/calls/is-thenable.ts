/**
 * Whether `value` is a promise of any realm or library: something with a `then` method, which `await` would wait for.
 * `instanceof Promise` misses those of other libraries and of other realms.
 */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  'then' in value &&
  typeof value.then === 'function'
