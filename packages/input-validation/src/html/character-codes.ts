export const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09
export const isLowerCase = (code: number): boolean => code >= 0x61 && code <= 0x7a
export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
