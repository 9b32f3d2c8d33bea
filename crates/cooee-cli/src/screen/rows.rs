//! The instances that were found, sorted and filtered.
//!
//! In:  instances, services and removals, one at a time; a sort order, a filter, a type.
//! Out: the rows to show, by position. A change costs a search among the rows, not a sort; a new
//!      filter or order costs one pass.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::escape::escape;
use crate::output::{Instance, Service};
use cooee::{InstanceName, ServiceType};

/// The number of a row, which no other row ever has.
pub(crate) type RowId = u64;

/// An instance, as it is shown. Its texts are safe for a terminal.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: RowId,
    pub(crate) instance: Instance,
    pub(crate) name: String,
    pub(crate) service_type: String,
    pub(crate) status: Status,
    pub(crate) found: Duration,
    pub(crate) changed: Duration,
    /// The host and port, or why there are none.
    pub(crate) place: String,
    sort_name: String,
    /// Everything that a filter looks at, in lower case.
    haystack: String,
}

/// What is known of an instance.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Only its name.
    Open,
    /// It says that it is not available.
    Unavailable,
    /// Everything.
    Resolved(Box<Service>),
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Name,
    Type,
    Host,
    /// The latest found first.
    Newest,
}

impl Sort {
    /// Returns the order after this one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Name => Self::Type,
            Self::Type => Self::Host,
            Self::Host => Self::Newest,
            Self::Newest => Self::Name,
        }
    }

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Type => "type",
            Self::Host => "host",
            Self::Newest => "newest",
        }
    }
}

impl Row {
    fn new(id: RowId, instance: Instance, now: Duration) -> Self {
        let name = escape(instance.text()).into_owned();
        let mut row = Self {
            id,
            sort_name: name.to_lowercase(),
            name,
            service_type: escape(&instance.service_type).into_owned(),
            instance,
            status: Status::Open,
            found: now,
            changed: now,
            place: String::new(),
            haystack: String::new(),
        };
        row.set(Status::Open, now);
        row
    }

    fn set(&mut self, status: Status, now: Duration) {
        self.changed = now;
        self.place = match &status {
            Status::Open => "...".to_owned(),
            Status::Unavailable => "not available".to_owned(),
            Status::Resolved(service) => {
                format!("{}:{}", escape(service.host_text()), service.port)
            }
        };
        let mut words = vec![&*self.name, &*self.service_type, &*self.place];
        if let Status::Resolved(service) = &status {
            words.extend(service.addresses.iter().map(String::as_str));
            words.extend(service.txt_shown.iter().map(String::as_str));
        }
        self.haystack = words.join("\n").to_lowercase();
        self.status = status;
    }

    /// Returns the service, if it is resolved.
    pub(crate) fn service(&self) -> Option<&Service> {
        match &self.status {
            Status::Resolved(service) => Some(service),
            Status::Open | Status::Unavailable => None,
        }
    }
}

/// A type of the list on the left.
#[derive(Debug)]
pub(crate) struct TypeRow {
    pub(crate) text: String,
    pub(crate) count: usize,
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    ids: HashMap<InstanceName, RowId>,
    rows: HashMap<RowId, Row>,
    next_id: RowId,
    types: BTreeMap<ServiceType, TypeRow>,
    /// The ids of the rows to show, in order.
    shown: Vec<RowId>,
    sort: Sort,
    filter: String,
    only: Option<ServiceType>,
}

impl Rows {
    /// Adds an instance, if it is new.
    pub(crate) fn find(&mut self, instance: &Instance, now: Duration) {
        if self.ids.contains_key(&instance.key) {
            return;
        }
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        let row = Row::new(id, instance.clone(), now);
        let service_type = instance.key.service_type().clone();
        self.type_row(service_type, &row.service_type);
        if let Some(type_row) = self.types.get_mut(instance.key.service_type()) {
            type_row.count = type_row.count.saturating_add(1);
        }
        self.ids.insert(instance.key.clone(), id);
        self.rows.insert(id, row);
        self.list(id);
    }

    /// Adds a type, if it is new.
    pub(crate) fn find_type(&mut self, text: &str) {
        if let Ok(service_type) = text.parse() {
            self.type_row(service_type, &escape(text));
        }
    }

    /// Removes a type that has no instances.
    pub(crate) fn lose_type(&mut self, text: &str) {
        if let Ok(service_type) = text.parse::<ServiceType>() {
            let is_empty = |row: &TypeRow| row.count == 0;
            if self.types.get(&service_type).is_some_and(is_empty) {
                self.types.remove(&service_type);
            }
        }
    }

    fn type_row(&mut self, service_type: ServiceType, text: &str) {
        self.types.entry(service_type).or_insert_with(|| TypeRow {
            text: text.to_owned(),
            count: 0,
        });
    }

    /// Sets what is known of an instance, if it was found.
    pub(crate) fn set(&mut self, instance: &Instance, status: Status, now: Duration) {
        let Some(&id) = self.ids.get(&instance.key) else {
            return;
        };
        self.unlist(id);
        if let Some(row) = self.rows.get_mut(&id) {
            row.set(status, now);
        }
        self.list(id);
    }

    /// Removes an instance.
    pub(crate) fn lose(&mut self, instance: &Instance) {
        let Some(id) = self.ids.remove(&instance.key) else {
            return;
        };
        self.unlist(id);
        self.rows.remove(&id);
        let service_type = instance.key.service_type();
        if let Some(row) = self.types.get_mut(service_type) {
            row.count = row.count.saturating_sub(1);
            if row.count == 0 {
                self.types.remove(service_type);
            }
        }
    }

    /// Removes everything that was found. The order and the filter stay.
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.rows.clear();
        self.types.clear();
        self.shown.clear();
    }

    /// Returns how many instances there are, shown or not.
    pub(crate) fn total(&self) -> usize {
        self.rows.len()
    }

    /// Returns how many rows are shown.
    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    /// Returns the row at a position.
    pub(crate) fn at(&self, position: usize) -> Option<&Row> {
        self.get(*self.shown.get(position)?)
    }

    /// Returns a row.
    pub(crate) fn get(&self, id: RowId) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// Returns where a row is shown.
    pub(crate) fn position(&self, id: RowId) -> Option<usize> {
        self.place(self.get(id)?).ok()
    }

    /// Returns the types, in order.
    pub(crate) fn types(&self) -> &BTreeMap<ServiceType, TypeRow> {
        &self.types
    }

    /// Returns the type that is shown; none means all.
    pub(crate) fn only(&self) -> Option<&ServiceType> {
        self.only.as_ref()
    }

    /// Returns the order.
    pub(crate) fn sort(&self) -> Sort {
        self.sort
    }

    /// Shows one type, or all.
    pub(crate) fn show_only(&mut self, only: Option<ServiceType>) {
        self.only = only;
        self.list_all();
    }

    /// Shows the rows with this text in them, whatever the case.
    pub(crate) fn set_filter(&mut self, filter: &str) {
        self.filter = filter.to_lowercase();
        self.list_all();
    }

    /// Sorts the rows.
    pub(crate) fn set_sort(&mut self, sort: Sort) {
        self.sort = sort;
        self.list_all();
    }

    fn list_all(&mut self) {
        let rows = self.rows.values().filter(|row| self.is_wanted(row));
        let mut rows: Vec<&Row> = rows.collect();
        rows.sort_unstable_by(|a, b| self.compare(a, b));
        self.shown = rows.into_iter().map(|row| row.id).collect();
    }

    fn is_wanted(&self, row: &Row) -> bool {
        let is_type = |only: &ServiceType| only == row.instance.key.service_type();
        self.only.as_ref().is_none_or(is_type) && row.haystack.contains(&self.filter)
    }

    fn list(&mut self, id: RowId) {
        let Some(row) = self.get(id).filter(|row| self.is_wanted(row)) else {
            return;
        };
        if let Err(place) = self.place(row) {
            self.shown.insert(place, id);
        }
    }

    fn unlist(&mut self, id: RowId) {
        if let Some(place) = self.position(id) {
            self.shown.remove(place);
        }
    }

    /// Returns where a row is, or where it belongs.
    fn place(&self, row: &Row) -> Result<usize, usize> {
        self.shown.binary_search_by(|id| {
            let other = self.get(*id);
            other.map_or(Ordering::Less, |other| self.compare(other, row))
        })
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let order = match self.sort {
            Sort::Name => Ordering::Equal,
            Sort::Type => a.service_type.cmp(&b.service_type),
            Sort::Host => a.place.cmp(&b.place),
            Sort::Newest => b.found.cmp(&a.found),
        };
        let order = order.then_with(|| a.sort_name.cmp(&b.sort_name));
        order.then(a.id.cmp(&b.id))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Rows, Sort, Status};
    use crate::output::Service;
    use crate::output::tests::{named, service};

    const T0: Duration = Duration::ZERO;

    fn names(rows: &Rows) -> Vec<String> {
        let all = (0..rows.len()).filter_map(|at| rows.at(at));
        all.map(|row| row.name.clone()).collect()
    }

    fn resolved(host: &str) -> Status {
        Status::Resolved(Box::new(Service {
            host: host.to_owned(),
            ..service()
        }))
    }

    fn three() -> Rows {
        let mut rows = Rows::default();
        for (at, (name, kind, host)) in [
            ("beta", "_ipp._tcp", "a.local"),
            ("Alpha", "_ssh._tcp", "c.local"),
            ("gamma", "_http._tcp", "b.local"),
        ]
        .into_iter()
        .enumerate()
        {
            let now = Duration::from_secs(at as u64);
            rows.find(&named(name.as_bytes(), kind), now);
            rows.set(&named(name.as_bytes(), kind), resolved(host), now);
        }
        rows
    }

    #[test]
    fn rows_are_sorted_by_name_type_host_or_age_and_stay_so() {
        let mut rows = three();
        for (sort, expected) in [
            (Sort::Name, ["Alpha", "beta", "gamma"]),
            (Sort::Type, ["gamma", "beta", "Alpha"]),
            (Sort::Host, ["beta", "gamma", "Alpha"]),
            (Sort::Newest, ["gamma", "Alpha", "beta"]),
        ] {
            rows.set_sort(sort);
            assert_eq!(names(&rows), expected, "{}", sort.name());
        }
        rows.set_sort(Sort::Host);
        rows.set(&named(b"beta", "_ipp._tcp"), resolved("z.local"), T0);
        rows.find(&named(b"delta", "_ipp._tcp"), T0);
        assert_eq!(names(&rows), ["delta", "gamma", "Alpha", "beta"]);
        rows.lose(&named(b"GAMMA", "_HTTP._tcp"));
        assert_eq!(names(&rows), ["delta", "Alpha", "beta"]);
        assert_eq!(rows.types().len(), 2);
    }

    #[test]
    fn a_filter_looks_at_name_type_host_address_and_txt_whatever_the_case() {
        for (filter, expected) in [
            ("ALPHA", &["Alpha"][..]),
            ("_ipp", &["beta"]),
            ("B.LOCAL", &["gamma"]),
            ("10.0.0.33", &["Alpha", "beta", "gamma"]),
            ("FLAG", &["Alpha", "beta", "gamma"]),
            ("nothing", &[]),
        ] {
            let mut rows = three();
            rows.set_filter(filter);
            assert_eq!(names(&rows), expected, "{filter}");
            assert_eq!(rows.total(), 3);
        }
        let mut rows = three();
        rows.set_filter("z.local");
        rows.set(&named(b"beta", "_ipp._tcp"), resolved("z.local"), T0);
        rows.find(&named(b"delta", "_ipp._tcp"), T0);
        assert_eq!(names(&rows), ["beta"]);
        rows.set(&named(b"beta", "_ipp._tcp"), Status::Unavailable, T0);
        assert!(names(&rows).is_empty());
    }

    #[test]
    fn one_type_can_be_shown_alone() {
        let mut rows = three();
        rows.show_only(Some("_ssh._tcp".parse().unwrap()));
        assert_eq!(names(&rows), ["Alpha"]);
        rows.find(&named(b"Aaa", "_SSH._tcp"), T0);
        rows.find(&named(b"Aab", "_ipp._tcp"), T0);
        assert_eq!(names(&rows), ["Aaa", "Alpha"]);
        rows.show_only(None);
        assert_eq!(rows.len(), 5);
    }

    #[test]
    fn what_a_host_sends_is_shown_escaped() {
        let mut rows = Rows::default();
        rows.find(&named(b"a\x1b[2J", "_ipp._tcp"), T0);
        assert!(!names(&rows)[0].contains('\u{1b}'), "{:?}", names(&rows));
    }
}
