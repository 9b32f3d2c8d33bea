//! A question inside a message.
//!
//! In:  the question section of a message.
//! Out: [`QuestionRef`], with the QU bit separated from the class. RFC 1035 section 4.1.2, RFC 6762
//!      sections 5.4 and 18.12.

use crate::class::Class;
use crate::name::NameRef;
use crate::rtype::RecordType;

/// A question, borrowed from the message.
#[derive(Copy, Clone, Debug)]
pub struct QuestionRef<'a> {
    /// The requested name.
    pub name: NameRef<'a>,
    /// The requested type, or [`RecordType::ANY`].
    pub rtype: RecordType,
    /// The requested class, or [`Class::ANY`].
    pub class: Class,
    /// Whether a unicast answer is preferred (the QU bit).
    pub unicast_response: bool,
}
