/** Releases of DOMPurify that `pnpm verify html-exactness` found no difference to. It adds the one it ran with. */
export const comparedVersions: readonly string[] = ['3.4.18']
