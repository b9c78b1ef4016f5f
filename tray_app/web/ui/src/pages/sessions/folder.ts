/** The last part of a path, on either system. */
export const folder = (path: string | null): string => path?.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
