// An operator as people write them with controller-runtime: cached informers, owned objects, status, a finalizer, leader election.
// A Hail becomes a ConfigMap with its text as often as it says. It ends with SIGTERM, or when the lease is lost.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const finalizer = "example.org/farewell"

var hailKind = schema.GroupVersionKind{Group: "example.org", Version: "v1", Kind: "Hail"}

func hail() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(hailKind)
	return object
}

type reconciler struct {
	client.Client
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	object := hail()
	if err := r.Get(ctx, request.NamespacedName, object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !object.GetDeletionTimestamp().IsZero() {
		if !controllerutil.ContainsFinalizer(object, finalizer) {
			return ctrl.Result{}, nil
		}
		farewell := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "farewell-" + object.GetName(), Namespace: object.GetNamespace()}}
		if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, farewell, func() error {
			farewell.Data = map[string]string{"said": "goodbye"}
			return nil
		}); err != nil {
			return ctrl.Result{}, err
		}
		controllerutil.RemoveFinalizer(object, finalizer)
		return ctrl.Result{}, client.IgnoreNotFound(r.Update(ctx, object))
	}
	if controllerutil.AddFinalizer(object, finalizer) {
		if err := r.Update(ctx, object); err != nil {
			return conflictAgain(err)
		}
		return ctrl.Result{}, nil
	}
	text, _, _ := unstructured.NestedString(object.Object, "spec", "text")
	times, _, _ := unstructured.NestedInt64(object.Object, "spec", "times")
	owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: object.GetName(), Namespace: object.GetNamespace()}}
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, owned, func() error {
		owned.Data = map[string]string{"said": strings.TrimSpace(strings.Repeat(text+" ", int(times)))}
		return controllerutil.SetControllerReference(object, owned, r.Scheme())
	})
	if err != nil {
		return conflictAgain(err)
	}
	before := object.DeepCopy()
	if err := unstructured.SetNestedField(object.Object, object.GetGeneration(), "status", "observedGeneration"); err != nil {
		return ctrl.Result{}, err
	}
	if err := unstructured.SetNestedField(object.Object, "Said", "status", "phase"); err != nil {
		return ctrl.Result{}, err
	}
	return conflictAgain(r.Status().Patch(ctx, object, client.MergeFrom(before)))
}

// The cache may be a step behind, or the owned object made a moment ago: that is no error, only too early.
func conflictAgain(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return ctrl.Result{RequeueAfter: 50 * time.Millisecond}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

func run() error {
	namespace := flag.String("namespace", "default", "where Hails are")
	resync := flag.Duration("resync", 2*time.Second, "how often informers deliver all again")
	flag.Parse()
	log.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.QPS = -1
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{
			SyncPeriod:        resync,
			DefaultNamespaces: map[string]cache.Config{*namespace: {}},
		},
		LeaderElection:                true,
		LeaderElectionID:              "greeter",
		LeaderElectionNamespace:       *namespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return err
	}
	if err := ctrl.NewControllerManagedBy(manager).
		Named("hail").
		For(hail()).
		Owns(&corev1.ConfigMap{}).
		Complete(&reconciler{Client: manager.GetClient()}); err != nil {
		return err
	}
	fmt.Println("starting")
	go func() {
		<-manager.Elected()
		fmt.Println("elected")
	}()
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
