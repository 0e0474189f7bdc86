"""What the model holds and what it leaves out; a behaviour stands in the first list only if a test switches it off."""

MODELLED = (
    "brokers: re-keying in the office, opening hours, clerks, how early they lodge, errors, traders who change office",
    "where the world has them: customs regimes with their own processes, guarantees, electronic seals, one stop or two",
    "where the world has them: lorries that cross one post of a corridor after the other, and what a delay does there",
    "where the world has them: payment at banks in their hours, electronic or deferred, and traders who lack funds",
    "other agencies that examine jointly, leave the check to customs, or make a stop of their own",
    "document checks with queries, comparison of re-keyed elements, fiscal irregularities found or missed",
    "gates with reserve booths, a common approach before the lanes, priority of authorised operators once lanes split",
    "scanning with image readers whose criterion follows what they find; examinations by level, dose and concealment",
    "queues that shorten the work on the file in hand, and with it what is found, until hours of overwork",
    "officers with skills, pace, fatigue within the shift, learning by doing, forgetting, courses, leaving and novices",
    "selectivity from declared features and records, random checks, watchlists, supervisors, trailing thresholds",
    "smuggling organisations that choose post, cover, unofficial crossing or abstention from experience and news",
    "where the world has them: loads split over lorries, companies with a clean history, goods diverted in transit",
    "traders that choose posts and commit fiscal fraud by perceived detection",
    "in fictional worlds: bribes at assignment, channel, queue and find, held files, partners, integrity measures",
    "in fictional worlds: smugglers who keep an examiner",
    "records that travel between countries with coverage, delay, loss of identity and mistrust; breaches; namesakes",
    "officers who change places every 24 months, so that a seat's training is lost",
    "audits after release, by lot or by risk, which take officers' time; those by risk deter, late",
    "traders who apply for authorisation where it is worth it, and officers who validate and audit them",
    "broker offices that open longer, and clerks whom traders pay for it",
    "published release targets: hurry near the deadline, examinations dropped after it, traders who read them",
    "declaration systems that fail, and whose failures are shared by those who fill in a common form",
    "scanners that fail, are repaired soon under a maintenance contract and late without one; lorries not called then",
    "measures that take time from decision to go-live, are applied in part, and may be taken back by politics",
    "trust moved by hits heard of, false alerts, leaks, meetings, joint audits, imbalance and arrangements taken back",
    "joint operations: some weeks of more reds and pooled watchlists every few months, and their queues",
    "formal requests, slow, which need a legal basis but no trust, and are refused for want of reciprocity",
)
NOT_MODELLED = (
    "laboratories; prohibited goods that cross two borders",
    "liaison postings",
)
"""Left out of this version; nothing stands in for any of them."""
