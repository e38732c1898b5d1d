// The library product: one import for files, checks, results, reports and alerts.

@_exported public import Alerting
@_exported public import DataSources
@_exported public import Monitoring
@_exported public import Reporting
@_exported public import Statistics
@_exported public import Store
@_exported public import Telemetry
