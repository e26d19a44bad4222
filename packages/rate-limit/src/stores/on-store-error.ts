/** What to do with a policy while the store cannot answer; `local` counts in this process alone. */
export type OnStoreError = 'allow' | 'deny' | 'local'
