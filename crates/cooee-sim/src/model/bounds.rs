//! How long a lie may last.
//!
//! In:  the engine's back-off and the longest TTL of the model.
//! Out: the time after which every browser knows who is there, and after which all is true.

use std::time::Duration;

use super::peer::TTL_MAX;
use crate::secs;

/// The longest step of the back-off for what somebody waits for.
const STEP_MAX: Duration = secs(60);
/// How much later than planned a question may come, and how long it takes until its answer is used.
/// The question waits for others for up to a fiftieth of the step, 1.2 s. Its answer takes up to
/// 0.5 s. The host that an SRV record names is asked for only then, up to 0.12 s later, and its
/// answer takes as long. An answer within a second of the previous one waits for that second. A
/// record that the answer flushes ends a second later.
const ANSWERED_WITHIN: Duration = secs(5);
/// How long after the last lie every browser knows who is there, even if no owner sends by itself:
/// one step of the back-off. The first question heals: no question lists a record that is in doubt
/// as known, so the owner answers. No packet is lost in this time, because only calm weather counts.
pub(super) const HEALS_WITHIN: Duration = secs(STEP_MAX.as_secs() + ANSWERED_WITHIN.as_secs());
/// How long after the last lie everything that browsers know is true, even if the owner has sent
/// nothing: no lie is believed for longer than its TTL.
pub(super) const HEALED_WITHIN: Duration = secs(TTL_MAX.as_secs() as u64 + HEALS_WITHIN.as_secs());
