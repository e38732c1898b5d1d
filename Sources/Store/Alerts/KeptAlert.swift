public import Foundation
public import Monitoring

/// An alert as it is kept.
public struct KeptAlert: Sendable, Equatable {
  /// What people are told of an alert.
  public enum Told: String, Sendable { case firing, acknowledged, resolved }

  public var record: AlertRecord
  /// What the engine goes on from; nil once it is inactive again.
  public var kept: Data?
  /// What people were told last; nil for nothing.
  public var told: Told?
  /// When they were last told that it fires.
  public var toldAt: Instant?
  /// The channels that were told last that it fires.
  public var toldChannels: [String] = []
  /// When a channel last took a message about it.
  public var deliveredAt: Instant?
  /// When the last channel that tried gave up a message about it.
  public var undeliveredAt: Instant?
  public var acknowledgedBy: String?
  public var acknowledgedAt: Instant?

  public init(record: AlertRecord, kept: Data?) {
    self.record = record
    self.kept = kept
  }

  /// The record with what people did about it.
  public var whole: AlertRecord {
    var record = record
    record.acknowledgedBy = acknowledgedBy
    record.acknowledgedAt = acknowledgedAt
    return record
  }
}

/// Something that happened to an alert.
public struct AlertEvent: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case pending, firing, resolved, cleared, acknowledged
    /// A message about it was given up.
    case undelivered
  }

  public var id: Int64
  public var at: Instant
  public var kind: Kind
  /// Who did it, to whom it was told, or why.
  @NullCoded public var detail: String?
  public var alert: AlertRecord

  public init(id: Int64 = 0, at: Instant, kind: Kind, detail: String? = nil, alert: AlertRecord) {
    self.id = id
    self.at = at
    self.kind = kind
    self.detail = detail
    self.alert = alert
  }
}

/// Alerts with these labels are told to nobody for a time.
public struct Silence: Codable, Sendable, Equatable {
  /// Given when it is kept; 0 before.
  public var id: Int64
  public var matchers: [LabelMatcher]
  public var startsAt: Instant
  public var endsAt: Instant
  public var createdBy: String
  public var createdAt: Instant
  public var comment: String

  enum CodingKeys: String, CodingKey {
    case id, matchers
    case startsAt = "starts_at"
    case endsAt = "ends_at"
    case createdBy = "created_by"
    case createdAt = "created_at"
    case comment
  }

  public init(
    id: Int64 = 0, matchers: [LabelMatcher], startsAt: Instant, endsAt: Instant,
    createdBy: String, createdAt: Instant, comment: String
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.createdBy = createdBy
    self.createdAt = createdAt
    self.comment = comment
  }

  public func isActive(at now: Instant) -> Bool { startsAt <= now && now < endsAt }
}
