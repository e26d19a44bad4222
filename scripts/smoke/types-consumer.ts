import { alfredHardening, type AlfredConfig } from '@alfred/prod-security'

const config: AlfredConfig = { cors: { origin: ['https://app.example.com'] }, trustProxy: 1 }
export const ready: Promise<void> = alfredHardening(config).ready()
