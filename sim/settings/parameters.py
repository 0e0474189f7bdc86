"""The behavioural parameters of the model: one field per row of `configs/assumptions.yaml`, no default here.

Units, ranges and sources stand in that table; a field without a row, or a row without a field, is an error.
"""

from typing import Annotated

from pydantic import Field, model_validator

from sim.settings.strict import Number, Positive, Share, Sigma, Strict, in_order, parts_of_one


class DemandParameters(Strict):
    """Potential journeys: volume, variation, value."""

    cv_above_1000: Number
    cv_300_to_1000: Number
    cv_below_300: Number
    last_departure_min: Number
    captive_share: Share
    journeys_per_trader_day: Positive
    value_median_usd: Number
    value_sigma: Sigma
    trader_share_exponent: Number


class ConsignmentsParameters(Strict):
    """What lorries truly carry, and how much of it shows in a declaration."""

    prohibited_share: Number
    drugs_share: Share
    counterfeit_share: Share
    fiscal_share: Share
    fiscal_sd: Positive
    undervaluation_share: Share
    misclassification_share: Share
    honest_error_share: Share
    concealment_ordinary: Positive
    concealment_prohibited: Positive
    feature_shift_prohibited: Number
    feature_shift_fiscal: Number

    @model_validator(mode="after")
    def _fits(self) -> "ConsignmentsParameters":
        parts_of_one(self, "drugs_share", "counterfeit_share")
        parts_of_one(self, "undervaluation_share", "misclassification_share")
        return self


class DocumentsParameters(Strict):
    """Document sets of a country pair, and the document check."""

    rekey_min_per_element: Number
    rekey_language_factor: Number
    nonmachine_share: Share
    compare_min_per_element: Number
    element_error_p: Share
    query_p_base: Share
    query_p_skill: Share
    unresolved_p: Share
    answer_high_tier_h: Number
    answer_low_tier_h: Number
    answer_sigma: Sigma
    p_undervaluation: Share
    p_misclassification: Share
    p_false_origin: Share
    p_honest_error: Share
    correction_h: Positive


class BrokersParameters(Strict):
    """Broker offices."""

    per_post: Number
    top_tenth_share: Share
    load: Positive
    lead_learning_share: Share
    lead_min_factor: Number
    lead_max_factor: Number
    lead_usd_per_h: Positive
    memory_per_week: Share
    error_sigma: Sigma
    reconsider_per_day: Share
    per_h: Number
    room_share: Number

    @model_validator(mode="after")
    def _fits(self) -> "BrokersParameters":
        in_order(self, "lead_min_factor", "lead_max_factor")
        return self


class ExaminationParameters(Strict):
    """Physical examination: levels, dose, vigilance and pace."""

    tailgate_min: Number
    partial_min: Number
    full_min: Number
    tailgate_share: Share
    partial_share: Share
    dose_per_min: Number
    reference_skill: Positive
    vigilance_loss_per_h: Share
    pace_low: Number
    pace_spread: Number
    pace_loss_per_h: Share
    equipment: Number

    @model_validator(mode="after")
    def _fits(self) -> "ExaminationParameters":
        parts_of_one(self, "tailgate_share", "partial_share")
        return self


class PressureParameters(Strict):
    """How a queue shortens work on the file in hand."""

    floor: Number
    scale: Positive
    exponent: Number
    overwork_h: Number


class ImageParameters(Strict):
    """Signal detection in image reading."""

    d_base: Number
    d_skill: Number
    criterion_prevalence: Number
    criterion_fatigue: Number
    belief_floor: Number
    prior_images: Positive


class SelectivityParameters(Strict):
    """Channels and how many declarations each takes."""

    red_high_tier: Share
    red_low_tier: Share
    yellow_high_tier: Share
    yellow_low_tier: Share
    random_share: Share
    reroute_up: Share
    reroute_down: Share
    aeo_credit: Number
    trailing_days: Number
    backlog_h: Number

    @model_validator(mode="after")
    def _fits(self) -> "SelectivityParameters":
        parts_of_one(self, "red_high_tier", "yellow_high_tier")
        parts_of_one(self, "red_low_tier", "yellow_low_tier")
        return self


class IntelligenceParameters(Strict):
    """Exchange of findings, watchlists and fronts."""

    coverage_formal: Share
    coverage_liaison: Share
    coverage_portal: Share
    coverage_integrated: Share
    delay_formal_d: Number
    delay_liaison_d: Number
    delay_portal_d: Number
    delay_integrated_d: Number
    delay_sigma: Sigma
    formal_refusal_share: Share
    recorded_high_tier: Share
    recorded_low_tier: Share
    cap_none: Share
    cap_memorandum: Share
    cap_agreement: Share
    identity_withheld_share: Share
    match_identifier_p: Share
    match_fuzzy_p: Share
    match_scripts_p: Share
    false_alert_p_per_record: Share
    watchlist_start: Number
    watchlist_max: Number
    desk_alerts_per_day: Number
    alert_expiry_h: Number
    lead_p_per_front_day: Share
    wrong_record_share: Share
    withdraw_d: Number
    front_half_life_d: Positive
    breach_p_per_year: Share


class TrustParameters(Strict):
    """Trust of one country in another."""

    per_hit: Number
    per_false_alert: Number
    per_leak: Number
    per_meeting: Number
    per_imbalance: Number
    per_good_audit: Number
    per_bad_audit: Number
    per_reversal: Number
    return_days: Positive
    feedback_share: Share
    feedback_liaison_share: Share
    start_base: Number
    start_agreement: Number
    start_contiguity: Number
    start_language: Number
    start_tension: Number
    start_cultural_distance: Number


class StaffParameters(Strict):
    """Skills, learning, forgetting and turnover of officers."""

    skill_high_tier: Number
    skill_low_tier: Number
    skill_sd: Number
    skill_floor: Number
    skill_ceiling: Number
    novice_gap: Number
    learning_per_case: Share
    forgetting_half_life_d: Positive
    tactics_age_per_year: Number
    leaving_high_tier: Share
    leaving_low_tier: Share
    leaving_trained_factor: Number
    working_day_h: Number
    vacancy_d: Number
    rotation_per_year: Number

    @model_validator(mode="after")
    def _fits(self) -> "StaffParameters":
        in_order(self, "skill_floor", "skill_ceiling")
        return self


class DevicesParameters(Strict):
    """Machines that break down and are repaired."""

    failure_p_per_day: Share
    repair_d: Number
    repair_sigma: Sigma
    unmaintained_down_share: Annotated[Share, Field(lt=1)]
    maintained_high_tier: Share
    maintained_low_tier: Share


class SystemsParameters(Strict):
    """Declaration systems that fail and are mended."""

    failure_high_tier_per_day: Share
    failure_low_tier_per_day: Share
    repair_h: Annotated[Positive, Field(le=8760)]
    repair_sigma: Sigma


class TargetingParameters(Strict):
    """Scores and what they learn from."""

    noise_sd: Number
    record_gain: Number
    record_cap: Number
    clean_gain: Number
    clean_cap: Number
    record_half_life_d: Positive
    weight_cap: Number
    learning_rate: Number
    prior_offence_share: Share
    label_delay_d: Number
    label_delay_sigma: Sigma
    label_delay_max_d: Positive


class SmugglersParameters(Strict):
    """Smuggling organisations."""

    organisations: Number
    gain_drugs_usd: Number
    gain_counterfeit_usd: Number
    gain_other_usd: Number
    loss_per_gain: Number
    lambda_per_gain: Number
    travel_per_gain: Number
    aeo_cover_per_gain: Number
    unofficial_per_gain: Number
    switching_per_gain: Number
    patrol_p: Share
    belief_caught: Number
    belief_passed: Number
    memory: Share
    drift_to_belief: Share
    news_weight: Number
    removal_p: Share
    removal_joint_p: Share
    replacement_d: Number
    replacement_sigma: Sigma
    front_dropped_p: Share
    split_parts: Annotated[Number, Field(ge=2, le=15)]
    split_concealment: Annotated[Number, Field(ge=1)]
    history_per_gain: Number
    history_share: Annotated[Share, Field(gt=0)]
    diversion_per_gain: Number
    officer_per_gain: Number
    guarantee_per_gain: Number


class TransitParameters(Strict):
    """Goods diverted in transit, where smugglers have that way."""

    tracked_p: Share
    exit_check_p: Share
    reconciled_p: Share
    reconciliation_d: Number


class TradersParameters(Strict):
    """Traders' choice of post and of honesty."""

    memory_per_week: Share
    reconsider_per_day: Share
    per_h: Number
    per_sd_h: Number
    per_km: Number
    per_usd: Number
    belief_h: Number
    fraud_sensitivity: Number
    belief_detection: Number
    news_weight: Share


class BriberyParameters(Strict):
    """Bribes, in worlds with corruption."""

    p_high_tier: Share
    p_mid_tier: Share
    p_low_tier: Share
    officer_sd: Number
    offer_illicit_share: Share
    offer_per_h: Number
    held_share: Share
    jump_share: Share
    partner_p: Share
    partner_lapse_per_day: Share
    deterrence_per_audit_p: Number
    belief_lag_d: Annotated[Number, Field(ge=1)]
    favour_usd: Number
    find_usd: Number
    rotation_skill_loss: Share


class CostsParameters(Strict):
    """Prices of time."""

    lorry_usd_per_h_high_tier: Number
    lorry_usd_per_h_low_tier: Number
    officer_usd_per_h_high_tier: Number
    officer_usd_per_h_low_tier: Number
    clerk_usd_per_h_high_tier: Number
    clerk_usd_per_h_low_tier: Number
    delay_value_share_per_day: Share


class RevenueParameters(Strict):
    """Duty due, how much of it false declarations hide, and audits after release."""

    duty_high_tier: Share
    duty_low_tier: Share
    duty_free_share: Annotated[Share, Field(lt=1)]
    undervalued_share: Share
    misclassified_share: Share
    false_origin_share: Share
    honest_error_share: Share
    material_usd: Number
    audit_share: Share
    audit_p: Share
    audit_h: Positive


class ReleaseParameters(Strict):
    """When a lorry should be released."""

    target_high_tier_h: Positive
    target_low_tier_h: Positive


class MeasuresParameters(Strict):
    """What each measure does and costs."""

    p_reversal_per_year: Share
    domestication_high_tier: Share
    domestication_low_tier: Share
    agreement_lead_d: Number
    portal_lead_d: Number
    memorandum_lead_d: Number
    liaison_lead_d: Number
    integrated_lead_d: Number
    standardisation_lead_d: Number
    standardisation_adopted_share: Share
    standardisation_dual_running_d: Number
    standardisation_skill_loss: Share
    standardisation_recovery_d: Number
    standardisation_broker_lag_d: Number
    standardisation_trader_lag_d: Number
    standardisation_loophole_share: Number
    standardisation_setup_usd: Number
    standardisation_running_usd_per_year: Number
    data_sharing_meetings_per_month: Number
    data_sharing_meeting_h: Number
    data_sharing_setup_usd: Number
    data_sharing_running_usd_per_year: Number
    liaison_officers_meetings_per_month: Number
    liaison_officers_meeting_h: Number
    liaison_officers_setup_usd: Number
    liaison_officers_running_usd_per_year: Number
    integrated_databases_meetings_per_month: Number
    integrated_databases_meeting_h: Number
    integrated_databases_setup_usd: Number
    integrated_databases_running_usd_per_year: Number
    joint_workshops_meetings_per_month: Number
    joint_workshops_ambiguity_cut: Share
    equipment_scanners: Number
    equipment_scan_share: Share
    equipment_contract_d: Number
    equipment_training_gain: Share
    equipment_training_d: Number
    equipment_setup_usd: Number
    equipment_contract_usd_per_year: Number
    equipment_donor_share: Share
    equipment_lead_d: Number
    more_officers_count: Number
    more_officers_hiring_usd: Number
    more_officers_lead_d: Number
    tighter_control_red_share: Share
    tighter_control_lead_d: Number
    risk_management_red_share: Share
    risk_management_setup_usd: Number
    risk_management_running_usd_per_year: Number
    risk_management_lead_d: Number
    aeo_target_share: Share
    aeo_ramp_d: Positive
    aeo_validation_h: Number
    aeo_audit_h_per_year: Number
    aeo_trader_usd: Number
    aeo_setup_usd: Number
    aeo_lead_d: Number
    release_target_near_share: Share
    release_target_exponent: Number
    release_target_belief_share: Share
    release_target_setup_usd: Number
    release_target_lead_d: Number
    post_clearance_audit_blue_share: Share
    post_clearance_audit_time_share: Share
    post_clearance_audit_lag_d: Number
    post_clearance_audit_setup_usd: Number
    post_clearance_audit_lead_d: Number
    aeo_programme_time_share: Share
    aeo_programme_looks_per_day: Share
    aeo_programme_life_years: Positive
    aeo_programme_hoped_share: Share
    broker_hours_more_h: Number
    broker_hours_setup_usd: Number
    broker_hours_lead_d: Number
    joint_audits_per_year: Number
    joint_audit_h: Number
    joint_audits_setup_usd: Number
    joint_audits_lead_d: Number
    joint_operation_every_d: Annotated[Number, Field(ge=1)]
    joint_operation_d: Positive
    joint_operation_red_share: Share
    joint_operation_h_per_day: Number
    joint_operation_setup_usd: Number
    joint_operation_lead_d: Number
    training_lead_d: Number
    training_donor_share: Share
    training_share: Share
    training_per_week: Annotated[Share, Field(gt=0)]
    training_gain: Share
    training_absence_d: Number
    training_course_usd: Number
    integrity_audit_p: Share
    integrity_rotation_d: Annotated[Number, Field(ge=1)]
    integrity_drawn_officer_share: Share
    integrity_open_decisions_share: Share
    integrity_lead_d: Number
    integrity_setup_usd: Number
    integrity_running_usd_per_year: Number

    @model_validator(mode="after")
    def _fits(self) -> "MeasuresParameters":
        in_order(self, "joint_operation_d", "joint_operation_every_d")
        return self


class CourseParameters(Strict):
    """A form of training: who goes, how long, what it takes and what it gives."""

    share: Share
    per_week: Annotated[Share, Field(gt=0)]
    gain: Share
    days: Number
    away_share: Share
    finish_share: Share
    course_usd: Number
    donor_share: Share
    lead_d: Number


class Parameters(Strict):
    """All behavioural parameters, by subject."""

    demand: DemandParameters
    consignments: ConsignmentsParameters
    documents: DocumentsParameters
    brokers: BrokersParameters
    examination: ExaminationParameters
    pressure: PressureParameters
    image: ImageParameters
    selectivity: SelectivityParameters
    intelligence: IntelligenceParameters
    trust: TrustParameters
    staff: StaffParameters
    devices: DevicesParameters
    systems: SystemsParameters
    targeting: TargetingParameters
    smugglers: SmugglersParameters
    transit: TransitParameters
    traders: TradersParameters
    bribery: BriberyParameters
    costs: CostsParameters
    revenue: RevenueParameters
    release: ReleaseParameters
    measures: MeasuresParameters
    seminar: CourseParameters
    joint_workshops: CourseParameters
    online_course: CourseParameters
    mentoring: CourseParameters
