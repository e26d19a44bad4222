import { stringify } from 'yaml'

/** What differs between the container setup and a test of it. */
export interface PrometheusConfigOptions {
  readonly ruleFiles: readonly string[]
  readonly alfred: string
  /** A file with the token of `/metrics`; none for a server on the same machine. */
  readonly tokenFile: string | undefined
  readonly alertmanager: string
}

/** The configuration of the container setup. */
export const containerSetup: PrometheusConfigOptions = {
  ruleFiles: ['rules/*.yml'],
  alfred: 'app:3000',
  tokenFile: '/run/secrets/metrics_token',
  alertmanager: 'alertmanager:9093',
}

export const prometheusConfig = ({
  ruleFiles,
  alfred,
  tokenFile,
  alertmanager,
}: PrometheusConfigOptions): string =>
  stringify({
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: 'alfred',
        ...(tokenFile !== undefined && { authorization: { credentials_file: tokenFile } }),
        static_configs: [{ targets: [alfred] }],
      },
      { job_name: 'alertmanager', static_configs: [{ targets: [alertmanager] }] },
    ],
  })
