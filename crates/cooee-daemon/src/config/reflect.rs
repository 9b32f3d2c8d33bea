//! Rules of the reflector, which is off without any.
//!
//! In:  the tables `[[reflect]]` of the daemon's own file.
//! Out: [`ReflectRule`]s, or what is wrong and the word at which it is.

use cooee::reflect::{Pattern, ReflectRule, ServiceFilter};
use cooee::{Rate, ServiceType};
use serde::Deserialize;

/// A table `[[reflect]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReflectTable {
    from: String,
    to: String,
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    instances: Option<Vec<String>>,
    #[serde(default)]
    instances_deny: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    hosts_deny: Vec<String>,
    families: Option<Vec<FamilyName>>,
    #[serde(default)]
    one_zone: bool,
    packets_per_second: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FamilyName {
    Ipv4,
    Ipv6,
}

/// Reads all rules.
///
/// # Errors
///
/// Returns the word at which the fault is, and the fault.
pub(super) fn read(tables: &[ReflectTable]) -> Result<Vec<ReflectRule>, (String, String)> {
    if tables.len() > RULES_MAX {
        let fault = format!("there are {} rules; {RULES_MAX} count", tables.len());
        return Err(("[[reflect]]".to_owned(), fault));
    }
    tables.iter().map(ReflectTable::read).collect()
}

impl ReflectTable {
    fn read(&self) -> Result<ReflectRule, (String, String)> {
        if self.from == self.to {
            let fault = "`from` and `to` are the same interface".to_owned();
            return Err((self.from.clone(), fault));
        }
        let mut filter = ServiceFilter::default();
        if !self.allow.iter().any(|text| text == EVERY_TYPE) {
            filter.types = Some(service_types(&self.allow)?);
        }
        filter.types_denied = service_types(&self.deny)?;
        filter.instances = self.instances.as_deref().map(patterns);
        filter.instances_denied = patterns(&self.instances_deny);
        filter.hosts = patterns(&self.hosts);
        filter.hosts_denied = patterns(&self.hosts_deny);
        let mut rule = ReflectRule::new(&self.from, &self.to, filter);
        rule = match self.families.as_deref() {
            None => rule,
            Some(names) => over(rule, names)?,
        };
        if self.one_zone {
            rule = rule.one_zone();
        }
        match self.packets_per_second {
            None => {}
            Some(0) => {
                let fault = "a rule that sends no packet does nothing".to_owned();
                return Err(("packets-per-second".to_owned(), fault));
            }
            Some(rate) => rule = rule.rate(Rate::new(rate, rate)),
        }
        Ok(rule)
    }
}

fn service_types(texts: &[String]) -> Result<Vec<ServiceType>, (String, String)> {
    let read = |text: &String| {
        text.parse()
            .map_err(|error: cooee::ServiceTypeError| (text.clone(), error.to_string()))
    };
    texts.iter().map(read).collect()
}

fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text)).collect()
}

/// Restricts a rule to some families.
fn over(rule: ReflectRule, names: &[FamilyName]) -> Result<ReflectRule, (String, String)> {
    let has = |name| names.contains(&name);
    match (has(FamilyName::Ipv4), has(FamilyName::Ipv6)) {
        (true, true) => Ok(rule),
        (true, false) => Ok(rule.ipv4_only()),
        (false, true) => Ok(rule.ipv6_only()),
        (false, false) => Err(("families".to_owned(), "a rule needs a family".to_owned())),
    }
}

/// In the place of a service type: all of them.
const EVERY_TYPE: &str = "*";
/// How many rules count.
const RULES_MAX: usize = 64;

#[cfg(test)]
mod tests;
