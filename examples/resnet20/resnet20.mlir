// ResNet-20 (He et al., arXiv:1512.03385, section 4.2) for the 28x28 images of Fashion-MNIST, with
// a projection where a shortcut changes shape. 272,186 parameters.
cnn.block @conv(%x) params(filters, stride = 1) {
  %conv = cnn.conv2d %x filters(filters) kernel(3) stride(stride) pad(1)
  %bn = cnn.batch_norm %conv
  %relu = cnn.relu %bn
  cnn.yield %relu
}

cnn.block @basic(%x) params(width, stride = 1, project = 0) {
  %first = cnn.use @conv(%x) with(filters = width, stride = stride)
  %second = cnn.conv2d %first filters(width) kernel(3) pad(1)
  %second_bn = cnn.batch_norm %second
  %shortcut = cnn.if(project) {
    %project = cnn.conv2d %x filters(width) kernel(1) stride(stride)
    %project_bn = cnn.batch_norm %project
    cnn.yield %project_bn
  } else {
    cnn.yield %x
  }
  %sum = cnn.add %second_bn, %shortcut
  %relu = cnn.relu %sum
  cnn.yield %relu
}

cnn.model @resnet20 {
  %image = cnn.input "image" as tensor<?x28x28x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.286) std(0.353)
  %stem = cnn.use @conv(%0) with(filters = 16)
  %layer1 = cnn.use @basic(%stem) with(width = 16) repeat(3)
  %layer2_first = cnn.use @basic(%layer1) with(width = 32, stride = 2, project = 1)
  %layer2 = cnn.use @basic(%layer2_first) with(width = 32) repeat(2)
  %layer3_first = cnn.use @basic(%layer2) with(width = 64, stride = 2, project = 1)
  %layer3 = cnn.use @basic(%layer3_first) with(width = 64) repeat(2)
  %mean = cnn.global_avg_pool2d %layer3
  %flat = cnn.flatten %mean
  %fc = cnn.dense %flat units(10)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @resnet20 batch(128) epochs(30)
  optimizer(sgd, learning_rate = 0.1, momentum = 0.9, weight_decay = 5e-4)
  schedule(cosine, warmup_epochs = 1) augment(crop_padding = 2, flip = true)
