export { type AllFindings, detectAll, detectors } from './detectors/detectors.ts'
export type { DetectorName, Finding } from './detectors/text/finding.ts'
export type {
  DetectorAction,
  DetectorLevel,
  DetectorSetting,
  DetectorSettings,
} from './inspection/detector-settings.ts'
export type { ContentFlag, FieldKind } from './inspection/flag-collector.ts'
