//! The work of each command.
//!
//! In:  the parsed command line.
//! Out: reports on standard output; whether anything was found, or why it failed.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::{Duration, Instant};

use cooee::{InstanceName, Mdns, Name, RecordEvent, RecordType, ResolveError, ServiceEvent};

use crate::args::{DomainArgs, Options, Verb};
use crate::failure::Failure;
use crate::families::{Families, Shown};
use crate::follow::{Follow, Heard};
use crate::hindrance::{unanswered, unresolved};
use crate::out::Out;
use crate::output::{Instance, Report};
use crate::quiescence::Quiescence;
use crate::start::{builder, listen};
use crate::target::{BrowseTarget, HostName, InterfaceName, ReverseTarget, distinct};
use crate::watch::{Mapped, Next, Watch, once};
use crate::{convert, domain};

/// Executes the command line. Returns whether something was found.
pub(crate) fn run<W: Write>(
    verb: Verb,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    match verb {
        Verb::Interfaces => interfaces(options, out),
        Verb::Browse {
            target,
            plain,
            domain,
        } => browse(target.as_ref(), plain, &domain, options, out),
        Verb::Types { domain } => types(&domain, options, out),
        Verb::Query { name, rtype } => query(&name, rtype, options, out),
        Verb::Resolve { service, domain } => resolve(service.instance, &domain, options, out),
        Verb::Host { names } => hosts(&names, options, out),
        Verb::Reverse { addresses } => reverse(&addresses, options, out),
        Verb::Doctor {
            name,
            service_type,
            watch,
        } => {
            let wanted = (name.as_deref(), service_type.as_deref());
            crate::doctor::run(wanted, watch, options, out)
        }
        Verb::Monitor(args) => crate::monitor::run(&args, options, out),
        Verb::Decode(args) => crate::decode::run(&args, out),
        Verb::Register(args) => crate::publish::register(&args, options, out),
        Verb::PublishHost {
            name,
            addresses,
            no_rename,
            memory,
        } => {
            let host = crate::publish::Host {
                name: &name,
                addresses: &addresses,
                no_rename,
            };
            crate::publish::publish_host(&host, &memory, options, out)
        }
        Verb::Pipe { memory } => crate::pipe::run(options, &memory, out),
        #[cfg(feature = "demo")]
        Verb::Demo { mortal: true } => crate::demo::play_mortal(),
        #[cfg(feature = "demo")]
        Verb::Demo { mortal: false } => crate::demo::run(out),
        Verb::Completions { shell } => {
            crate::generate::completions(shell, out.writer())?;
            Ok(true)
        }
        Verb::Man { folder } => {
            crate::generate::manual(folder.as_deref(), out.writer())?;
            Ok(true)
        }
    }
}

fn interfaces<W: Write>(options: &Options, out: &mut Out<W>) -> Result<bool, Failure> {
    let builder = builder(options);
    let (decisions, failures) = (builder.decisions()?, builder.check_sockets()?);
    let list = decisions.iter();
    let list: Vec<_> = list
        .map(|decision| convert::interface(decision, &failures))
        .collect();
    out.interfaces(&list)?;
    out.flush()?;
    Ok(true)
}

fn browse<W: Write>(
    target: Option<&BrowseTarget>,
    plain: bool,
    args: &DomainArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    if let Some(name) = args.unicast() {
        return domain::browse((name, args), target, options, out);
    }
    let mdns = listen(options)?;
    #[cfg(feature = "tui")]
    if !plain && crate::screen::is_wanted(options) {
        let text = target.map(|target| target.text.as_str());
        return crate::screen::run(&mdns, text, options, |watch| {
            start_browse(&mdns, target, options, watch, crate::screen::Input::heard)
        });
    }
    // Without the screen, lines are all there is.
    let _ = plain;
    let mut watch = Watch::new();
    start_browse(&mdns, target, options, &mut watch, |heard| heard)?;
    let quiescence = options.once.then(|| Quiescence::new(Instant::now()));
    let follow = Follow::new(watch, options, quiescence).browse();
    match target {
        Some(_) => follow.run(&mdns, out),
        None => follow.of_all().run(&mdns, out),
    }
}

/// Starts everything that a browse asks, and reads it as `wrap` makes it.
fn start_browse<T: 'static>(
    mdns: &Mdns,
    target: Option<&BrowseTarget>,
    options: &Options,
    watch: &mut Watch<T>,
    wrap: fn(Heard) -> T,
) -> Result<(), Failure> {
    let (services, instances) = match target {
        Some(target) => {
            let mut services = mdns.browse(&target.service_type);
            let mut instances = mdns.browse_instances(&target.service_type);
            if let Some(subtype) = &target.subtype {
                services = services.subtype(subtype);
                instances = instances.subtype(subtype);
            }
            (services.start()?, instances.start()?)
        }
        None => (
            mdns.browse_all().start()?,
            mdns.browse_all_instances().start()?,
        ),
    };
    let named = target.map(|target| target.text.clone());
    let (service_type, mut shown) = (named.clone(), Shown::new(Families::of(options)));
    watch.add(Mapped::new(services, move |event| {
        let report = shown.event(event, service_type.as_deref());
        report.map(|report| wrap(Heard::Report(report)))
    }));
    watch.add(Mapped::new(instances, move |event| {
        let report = convert::instance_event(event, named.as_deref());
        report.map(|report| wrap(Heard::Report(report)))
    }));
    if target.is_none() {
        // Each new type is a new question.
        watch.add(Mapped::new(mdns.browse_types().start()?, move |event| {
            Some(wrap(Heard::Question(event)))
        }));
    }
    Ok(())
}

fn types<W: Write>(
    args: &DomainArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    if let Some(name) = args.unicast() {
        return domain::types((name, args), options, out);
    }
    let mdns = listen(options)?;
    let mut watch = Watch::new();
    let types = mdns.browse_types().start()?;
    watch.add(Mapped::new(types, |event| {
        convert::type_event(event).map(Heard::Report)
    }));
    let quiescence = options.once.then(|| Quiescence::new(Instant::now()));
    let follow = Follow::new(watch, options, quiescence);
    follow.of_all().run(&mdns, out)
}

fn query<W: Write>(
    name: &Name,
    rtype: RecordType,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mdns = listen(options)?;
    let records = mdns.query(name, rtype).start()?;
    let asked = name.clone();
    let mut watch = Watch::new();
    watch.add(Mapped::new(records, move |event| {
        // For one type, a unique answer is complete; for every type, others follow.
        let whole = rtype != RecordType::ANY;
        let unique = matches!(&event, RecordEvent::Added { record, .. } if record.unique && whole);
        let report = convert::record_event(event, &asked)?;
        Some(if unique {
            Heard::Unique(report)
        } else {
            Heard::Report(report)
        })
    }));
    let quiescence = (!options.follow).then(|| Quiescence::new(Instant::now()));
    let mut follow = Follow::new(watch, options, quiescence);
    if let Some(advice) = local_advice(name) {
        follow = follow.advise(advice);
    }
    follow.run(&mdns, out)
}

fn resolve<W: Write>(
    instance: InstanceName,
    args: &DomainArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    if let Some(name) = args.unicast() {
        return domain::resolve((name, args), instance, patience(options), options, out);
    }
    let mdns = listen(options)?;
    let resolve = mdns.resolve_instance(instance);
    let families = Families::of(options);
    if options.follow || !families.are_both() {
        let (mut shown, is_one) = (Shown::new(families), !options.follow);
        let unavailable = Rc::new(RefCell::new(None));
        let noted = Rc::clone(&unavailable);
        let mut watch = Watch::new();
        watch.add(Mapped::new(resolve.start()?, move |event| {
            *noted.borrow_mut() = match &event {
                ServiceEvent::Unavailable(instance) => Some(instance.clone()),
                ServiceEvent::Added(_)
                | ServiceEvent::Updated { .. }
                | ServiceEvent::Removed { .. }
                | ServiceEvent::Lagged { .. }
                | _ => None,
            };
            let report = shown.event(event, None)?;
            Some(Heard::Report(report))
        }));
        let follow = Follow::new(watch, options, None);
        let follow = if is_one {
            follow.first(patience(options))
        } else {
            follow
        };
        let found = follow.run(&mdns, out)?;
        return match unavailable.take() {
            Some(instance) if is_one => Err(ResolveError::Unavailable { instance }.into()),
            Some(_) | None => Ok(found),
        };
    }
    let resolved = resolve.deadline(patience(options)).wait();
    if let Err(ResolveError::Unavailable { instance }) = &resolved {
        out.report(&Report::Unavailable(Instance::new(instance, None)))?;
        out.flush()?;
    }
    let resolved = resolved.map_err(|error| unresolved(error, &mdns, families))?;
    out.report(&convert::resolved(&resolved))?;
    out.flush()?;
    Ok(true)
}

fn hosts<W: Write>(
    names: &[HostName],
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mdns = listen(options)?;
    let families = Families::of(options);
    let names = distinct(names.iter().map(|name| &name.0));
    let lookups = names
        .into_iter()
        .map(|name| families.narrow(mdns.lookup_host(name)));
    let mut watch = Watch::new();
    if options.follow {
        for lookup in lookups {
            watch.add(Mapped::new(lookup.start()?, |host| {
                Some(Heard::Report(convert::host(&host)))
            }));
        }
        return Follow::new(watch, options, None).run(&mdns, out);
    }
    let mut answers = Watch::new();
    for lookup in lookups {
        answers.add(once(lookup.deadline(patience(options)).into_future()));
    }
    print_answers(answers, out, |host| {
        let host = host.map_err(|error| unanswered(error, &mdns, families))?;
        Ok(convert::host(&host))
    })
}

fn reverse<W: Write>(
    addresses: &[ReverseTarget],
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mdns = listen(options)?;
    let mut watch = Watch::new();
    let mut answers = Watch::new();
    for target in distinct(addresses.iter()) {
        let text = target.text.clone();
        let lookup = mdns.lookup_addr(target.ip);
        let lookup = match &target.interface {
            Some(InterfaceName::Name(name)) => lookup.interface(name.as_str()),
            Some(InterfaceName::Index(index)) => lookup.interface(*index),
            None => lookup,
        };
        if options.follow {
            watch.add(Mapped::new(lookup.start()?, move |names: Vec<Name>| {
                Some(Heard::Report(convert::reverse(text.clone(), &names)))
            }));
        } else {
            let answer = lookup.deadline(patience(options)).into_future();
            answers.add(once(async move { (text, answer.await) }));
        }
    }
    if options.follow {
        return Follow::new(watch, options, None).run(&mdns, out);
    }
    let families = Families::of(options);
    print_answers(answers, out, |(text, names)| {
        let names = names.map_err(|error| unanswered(error, &mdns, families))?;
        Ok(convert::reverse(text, &names))
    })
}

/// Prints answers as they come. A name that is not found is reported on standard error, and makes
/// the command fail.
fn print_answers<W: Write, T>(
    mut answers: Watch<T>,
    out: &mut Out<W>,
    report: impl Fn(T) -> Result<Report, Failure>,
) -> Result<bool, Failure> {
    let mut missing: Option<Failure> = None;
    while let Next::Item(answer) = answers.next(None) {
        match report(answer) {
            Ok(report) => {
                out.report(&report)?;
                out.flush()?;
            }
            Err(failure) => {
                if let Some(earlier) = missing.replace(failure) {
                    earlier.tell();
                }
            }
        }
    }
    missing.map_or(Ok(true), Err)
}

/// Returns what to ask for instead of a name that no host on the link has.
fn local_advice(name: &Name) -> Option<String> {
    let last = name.labels().last().unwrap_or_default();
    let is_known = last.eq_ignore_ascii_case(b"local") || last.eq_ignore_ascii_case(b"arpa");
    (!is_known && !name.is_root())
        .then(|| format!("names here end in `.local`: try `{name}.local`"))
}

/// Returns how long to wait for an answer that ends the command.
fn patience(options: &Options) -> Duration {
    options.timeout.unwrap_or(PATIENCE)
}

const PATIENCE: Duration = Duration::from_secs(5);
